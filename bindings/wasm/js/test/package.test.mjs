import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, open } from "./chromium.mjs";
import { pages } from "./server.mjs";

const js = fileURLToPath(new URL("..", import.meta.url));
const tool = (path) => join(js, "node_modules", path);
/** Compilers and installers take their time beside other builds. */
const PATIENCE = 600_000;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "emqx-rebalance-npm-"));
  await cp(join(js, "../npm"), join(folder, "source"), { recursive: true });
  npm("source", "pack", "--pack-destination", folder);
});

after(() => rm(folder, { recursive: true, force: true }));

function npm(project, ...args) {
  execFileSync("npm", [...args, "--silent", "--no-audit", "--no-fund"], { cwd: join(folder, project), stdio: "pipe", env: { ...env, npm_config_offline: "true" } });
}

/** A fresh project of `files` with the packed package installed. */
async function project(name, type, files) {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, "package.json"), JSON.stringify({ private: true, type }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  const packed = (await readdir(folder)).find((file) => file.endsWith(".tgz"));
  npm(name, "install", join("..", packed));
  return path;
}

const run = (path, ...args) => execFileSync(execPath, args, { cwd: path, encoding: "utf8" });
const story = `
  const snapshot = { nodes: [{ node: "emqx@a", connections: 3000 }, { node: "emqx@b", connections: 0 }] };
  const both = [];
  for (const [api, sim] of ways) {
    await api.init();
    await sim.initSimulation();
    new sim.Simulation({ nodes: [{ name: "emqx@a" }] });
    try { api.plan({}); } catch (error) { both.push(error instanceof ways[0][0].RebalanceError && error.kind); }
    both.push(api.plan({ snapshot, mode: "level" }).runs.length);
  }
`;
const expected = "config_invalid,1,config_invalid,1";

/** The examples of the documentation, by file name. */
async function examples(extension) {
  const texts = await Promise.all(["../../../docs/javascript.md", "npm/README.md"].map((path) => readFile(join(js, path), "utf8")));
  const blocks = texts.flatMap((text) => [...text.matchAll(/^```(?:ts|js)\n(.*?)^```/gms)].map(([, block]) => block));
  assert.ok(blocks.length >= 5, "the documentation has examples");
  return Object.entries(blocks).map(([i, text]) => [`example-${i}.${extension}`, text]);
}

test("the examples in the documentation run, but for those that need a cluster", { timeout: PATIENCE }, async () => {
  const files = (await examples("js")).filter(([, text]) => !text.includes("https://emqx.example"));
  const path = await project("examples", "module", Object.fromEntries(files));
  for (const [file] of files) run(path, file);
  assert.ok(files.length >= 3);
});

test("a fresh ESM project imports it, inlined or not", { timeout: PATIENCE }, async () => {
  const path = await project("esm", "module", {
    "main.js": `import * as api from "emqx-rebalance"; import * as inline from "emqx-rebalance/inline";
      import * as sim from "emqx-rebalance/simulation"; import * as simInline from "emqx-rebalance/simulation/inline";
      const ways = [[api, sim], [inline, simInline]]; ${story} console.log(String(both));`,
  });
  assert.equal(run(path, "main.js").trim(), expected);
});

test("a fresh CJS project requires it, inlined or not, in any folder", { timeout: PATIENCE }, async () => {
  const path = await project("cjs # 50% done?", "commonjs", {
    "main.js": `const ways = [["emqx-rebalance", "emqx-rebalance/simulation"], ["emqx-rebalance/inline", "emqx-rebalance/simulation/inline"]]
      .map((names) => names.map(require)); (async () => { ${story} console.log(String(both)); })();`,
  });
  assert.equal(run(path, "main.js").trim(), expected);
});

test("in node, what is imported and what is required are the same, and nothing has to be loaded first", { timeout: PATIENCE }, async () => {
  const path = await project("both", "module", {
    "main.js": `import assert from "node:assert/strict"; import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const ways = ["emqx-rebalance", "emqx-rebalance/inline", "emqx-rebalance/planner", "emqx-rebalance/planner/inline",
        "emqx-rebalance/report", "emqx-rebalance/report/inline", "emqx-rebalance/simulation", "emqx-rebalance/simulation/inline"];
      const { RebalanceError } = await import("emqx-rebalance");
      for (const way of ways) {
        const [imported, required] = [await import(way), require(way)];
        assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort(), way);
        assert.equal(imported.RebalanceError, RebalanceError, way);
        assert.equal(required.RebalanceError, RebalanceError, way);
        if (imported.plan) assert.equal(imported.plan({ snapshot: { nodes: [{ node: "a@b", connections: 7 }] } }).decision, "nothing_to_balance");
        if (imported.Simulation) new imported.Simulation({ nodes: [{ name: "a@b" }] });
        if (imported.report) await assert.rejects(imported.report({}), { kind: "config_invalid" });
      }
      console.log("same");`,
  });
  assert.equal(run(path, "main.js").trim(), "same");
});

test("a bundler that leaves the WebAssembly behind is named, with what to do, and the inlined ways run", { timeout: PATIENCE }, async () => {
  const path = await project("esbuild", "module", {
    "left.js": `import { plan, Cluster } from "emqx-rebalance"; import { plan as small } from "emqx-rebalance/planner";
      const request = { snapshot: { nodes: [{ node: "a@b", connections: 7 }] } };
      for (const work of [() => plan(request), () => small(request), () => new Cluster({ url: "http://emqx" })]) {
        try { work(); } catch (error) { console.log(JSON.stringify([error.name, error.kind, error.message])); }
      }`,
    "inlined.js": `import { plan, RebalanceError } from "emqx-rebalance/inline"; import { plan as small } from "emqx-rebalance/planner/inline";
      import { report } from "emqx-rebalance/report/inline";
      const made = plan({ snapshot: { nodes: [{ node: "a@b", connections: 7 }] } });
      small({ snapshot: { nodes: [{ node: "a@b" }] } });
      report(made).then((page) => console.log(made.decision, page.startsWith("<!DOCTYPE html>"), new RebalanceError({}).name));`,
  });
  for (const [name, format] of [["left", "esm"], ["left", "cjs"], ["inlined", "esm"], ["inlined", "cjs"]]) {
    const outfile = join(path, `${name}-${format}.${format === "esm" ? "mjs" : "cjs"}`);
    run(path, tool("esbuild/bin/esbuild"), `${name}.js`, "--bundle", "--platform=node", `--format=${format}`, `--outfile=${outfile}`, "--log-level=error",
      // What esbuild's own documentation says of ESM for node.
      ...(format === "esm" ? ["--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __filename = import.meta.filename ?? (await import('node:url')).fileURLToPath(import.meta.url);"] : []));
    const said = run(path, outfile).trim();
    if (name === "inlined") assert.equal(said, "nothing_to_balance true RebalanceError");
    else {
      const errors = said.split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(errors.map(([name, kind]) => [name, kind]), Array(3).fill(["RebalanceError", "unreachable"]), said);
      const entries = ["emqx-rebalance/inline", "emqx-rebalance/planner/inline", "emqx-rebalance/inline"];
      errors.forEach(([, , message], i) => assert.ok(message.includes(`import ${entries[i]} instead`) && /esbuild and bun/.test(message), message));
    }
  }
});

test("bun makes a program of it: with the WebAssembly inlined it runs, without it says what to do", { timeout: PATIENCE }, async () => {
  const bun = join(tool("@oven"), (await readdir(tool("@oven")))[0], "bin/bun");
  const path = await project("bun", "module", {
    "inlined.js": `import { plan } from "emqx-rebalance/inline"; import { Simulation } from "emqx-rebalance/simulation/inline";
      new Simulation({ nodes: [{ name: "a@b" }] });
      console.log(plan({ snapshot: { nodes: [{ node: "a@b", connections: 7 }] } }).decision);`,
    "left.js": `import { plan } from "emqx-rebalance";
      try { plan({ snapshot: { nodes: [] } }); } catch (error) { console.log(error.message); }`,
    "run.js": `import { plan } from "emqx-rebalance"; console.log(plan({ snapshot: { nodes: [{ node: "a@b", connections: 7 }] } }).decision);`,
  });
  const told = (program, ...args) => execFileSync(program, args, { cwd: path, encoding: "utf8", stdio: "pipe" }).trim();
  assert.equal(told(bun, "run.js"), "nothing_to_balance", "bun itself needs nothing special");
  for (const name of ["inlined", "left"]) {
    told(bun, "build", "--compile", `${name}.js`, "--outfile", name);
    // Where nothing of the project is at hand.
    await rename(join(path, name), join(folder, `bun-${name}`));
  }
  await rm(path, { recursive: true });
  const alone = (name) => execFileSync(join(folder, `bun-${name}`), { cwd: folder, encoding: "utf8" }).trim();
  assert.equal(alone("inlined"), "nothing_to_balance");
  assert.match(alone("left"), /import emqx-rebalance\/inline instead/);
});

test("a page whose bundler left the WebAssembly behind is told the same", { timeout: PATIENCE }, async (t) => {
  const path = await project("esbuild-page", "module", {
    "main.js": `import { init, plan, Cluster } from "emqx-rebalance";
      const told = (error) => [error.name, error.kind, error.message, error.cause?.name].join("|");
      const sync = () => { try { plan({}); } catch (error) { return told(error); } };
      document.title = [sync(), await init().catch(told), await new Cluster({ url: "/x" }).snapshot().catch(told)].join(" ");`,
  });
  run(path, tool("esbuild/bin/esbuild"), "main.js", "--bundle", "--format=esm", "--outfile=out/main.js", "--log-level=error");
  const site = await pages(new URL(`file://${path}/out/`), { "/": '<!doctype html><link rel="icon" href="data:,"><title>v</title><script type="module" src="/main.js"></script>' });
  const browser = await launch();
  t.after(site.close);
  t.after(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(site.url);
  await tab.waitForFunction("document.title !== 'v'", undefined, { timeout: PATIENCE });
  const [sync, ...late] = await tab.evaluate("document.title.split('RebalanceError').slice(1)");
  assert.match(sync, /config_invalid\|the WebAssembly is not loaded yet: await init\(\) first/);
  for (const said of late) assert.match(said, /unreachable\|.*import emqx-rebalance\/inline instead/);
  assert.equal(late.length, 2);
});

test("who found the package finds its home, its issues and its guide", async () => {
  const { homepage, bugs, repository } = JSON.parse(await readFile(join(folder, "source/package.json"), "utf8"));
  const home = repository.url.replace(/^git\+|\.git$/g, "");
  assert.equal(homepage, `${home}/blob/main/docs/javascript.md`);
  assert.equal(bugs, `${home}/issues`);
  assert.ok((await readFile(join(folder, "source/README.md"), "utf8")).includes(homepage));
});

test("strict TypeScript takes its types, in both formats, and finds wrong options", { timeout: PATIENCE }, async () => {
  const text = `
    import { Cluster, init, plan, RebalanceError, type Plan, type Run, type DriverState } from "emqx-rebalance";
    import { Simulation, initSimulation } from "emqx-rebalance/simulation";
    export async function main(signal: AbortSignal): Promise<number> {
      await Promise.all([init(), initSimulation()]);
      const made: Plan = plan({ snapshot: { nodes: [{ node: "a@b", connections: 7 }] }, mode: "level", conn_evict_rate: "10", wait_takeover: "1m30s" });
      // @ts-expect-error no such mode
      plan({ mode: "levle" });
      // @ts-expect-error no such option
      plan({ con_evict_rate: 7 });
      const simulation = new Simulation({ nodes: [{ name: "a@b" }], load_balancer: { policy: "random" } });
      const cluster = new Cluster({ url: "http://sim", fetch: simulation.fetch, clock: simulation.clock });
      const run: Run<DriverState> = await cluster.start(made, { who: "me", poll_interval_ms: 500, signal });
      for await (const status of run.watch({ signal })) if (status.outcome) break;
      for await (const event of run.events()) if (event.type === "phase") event.phase satisfies string;
      try { await run.wait({ timeout: 5 }); } catch (error) { if (error instanceof RebalanceError && error.kind === "timeout") return 1; }
      return made.forecast.curve.nodes[0]?.connections[0] ?? 0;
    }`;
  const options = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, target: "es2022", lib: ["es2023", "dom", "dom.iterable"], types: [], skipLibCheck: false };
  const typed = (name, type, module, moduleResolution, more = {}) => project(name, type, {
    ...more,
    "main.ts": text,
    "tsconfig.json": JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, files: ["main.ts", ...Object.keys(more)] }),
  });
  const tsc = tool("typescript/bin/tsc");
  const check = (path) => {
    try {
      run(path, tsc, "--project", ".");
    } catch (error) {
      assert.fail(error.stdout);
    }
  };
  check(await typed("types-esm", "module", "nodenext", "nodenext"));
  // Neither the DOM's types nor node's, and every declaration file is looked into.
  const bare = `import { plan, RebalanceError, type Cluster } from "emqx-rebalance"; import { init, shortNames } from "emqx-rebalance/planner";
    import { report } from "emqx-rebalance/report"; import { Simulation } from "emqx-rebalance/simulation"; import "emqx-rebalance/inline";
    export async function main(cluster: Cluster): Promise<string> {
      await init(new Uint8Array());
      await using run = await cluster.start(await cluster.plan({ mode: "level" }));
      const simulation = new Simulation({ nodes: shortNames(["a@b"]).map((name) => ({ name })) });
      await simulation.fetch("http://sim", { method: "GET", headers: {}, signal: undefined!, redirect: "error", cache: "no-store" });
      if (!run.record) throw new RebalanceError({ kind: "conflict", message: plan({}).decision, context: {}, retryable: false });
      return report(run.record, { title: "t" });
    }`;
  const without = { ...options, lib: ["es2023"], skipLibCheck: false, module: "nodenext", moduleResolution: "nodenext" };
  for (const type of ["module", "commonjs"]) {
    check(await project(`types-bare-${type}`, type, { "main.ts": bare, "tsconfig.json": JSON.stringify({ compilerOptions: without, files: ["main.ts"] }) }));
  }
  check(await typed("types-cjs", "commonjs", "nodenext", "nodenext"));
  const prelude = "declare const key: string, secret: string;\n";
  const documented = (await examples("ts")).map(([file, text]) => [file, prelude + text]);
  const bundled = await typed("types-bundler", "module", "esnext", "bundler", Object.fromEntries(documented));
  check(bundled);
});

const vite = {
  "index.html": '<!doctype html><link rel="icon" href="data:,"><title>v</title><script type="module" src="/main.js"></script>',
  "main.js": `import * as api from "emqx-rebalance"; import * as inline from "emqx-rebalance/inline";
    import * as sim from "emqx-rebalance/simulation"; import * as simInline from "emqx-rebalance/simulation/inline";
    import * as planner from "emqx-rebalance/planner"; import { report } from "emqx-rebalance/report";
    const ways = [[api, sim], [inline, simInline]]; ${story}
    await planner.init();
    const made = planner.plan({ snapshot });
    document.title = [both, made.decision, (await report(made)).slice(0, 9)].join();`,
};
const shown = `${expected},start,<!DOCTYPE`;

/** Opens a page that Vite made, and waits for what the story came to. */
async function told(t, url) {
  const browser = await launch();
  t.after(() => browser.close());
  const tab = await open(browser, url);
  await tab.waitForFunction("document.title !== 'v'", undefined, { timeout: PATIENCE });
  assert.deepEqual(tab.errors, []);
  return tab.title();
}

test("a fresh Vite project bundles it, and the page runs in Chromium", { timeout: PATIENCE }, async (t) => {
  const path = await project("vite", "module", { ...vite, "vite.config.js": 'export default { build: { target: "es2022" }, logLevel: "error" };' });
  run(path, tool("vite/bin/vite.js"), "build");
  const site = await pages(new URL(`file://${path}/dist/`), { "/": await readFile(`${path}/dist/index.html`, "utf8") });
  t.after(site.close);
  assert.equal(await told(t, site.url), shown);
});

test("Vite's own server brings it to the page, too", { timeout: PATIENCE }, async (t) => {
  const path = await project("vite-dev", "module", vite);
  const { createServer } = await import("vite");
  const server = await createServer({ root: path, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
  t.after(() => server.close());
  await server.listen();
  const { port } = server.httpServer.address();
  assert.equal(await told(t, `http://127.0.0.1:${port}/`), shown);
});
