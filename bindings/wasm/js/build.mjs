// Makes the npm package in ../npm of these sources and of what the Rust program `package` wrote
// into src/generated. No bundler: every module is one file in both formats, so that all ways into
// the package share one RebalanceError. In node the ways for `import` are those for `require`.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, here));
const npm = path("../npm/");
const modules = ["", "planner_", "report_", "simulation_"].map((name) => `emqx_rebalance_${name}wasm`);

await rm(npm, { recursive: true, force: true });
await mkdir(`${npm}wasm`, { recursive: true });
for (const name of modules) {
  const wasm = await readFile(path(`src/generated/${name}_bg.wasm`));
  await writeFile(`${npm}wasm/${name}_bg.wasm`, wasm);
  await writeFile(path(`src/generated/${name}.base64.js`), `export default "${wasm.toString("base64")}";\n`);
  await writeFile(path(`src/generated/${name}.base64.d.ts`), "declare const base64: string;\nexport default base64;\n");
}

const sources = (await readdir(path("src"), { recursive: true })).filter((name) => /(?<!\.d)\.(ts|js)$/.test(name));
// Browsers have no `require`: what a bundler may require there is the inlined package.
const isForBrowsersOnly = (name) => /(^|-)web\.ts$/.test(name);
// They alone find files beside them; no bundler for browsers may meet what CJS needs for that.
const isForNodeOnly = (name) => /(^|-)node\.ts$/.test(name);
const isWayIn = (name) => /(^|-)(node|inline)\.ts$/.test(name);
const options = { outbase: path("src"), target: "es2022", platform: "neutral", logLevel: "warning" };
const entryPoints = (names) => names.map((name) => path(`src/${name}`));
await build({ ...options, entryPoints: entryPoints(sources.filter((name) => !isForNodeOnly(name))), format: "esm", outdir: `${npm}esm` });
// What is imported late is required late.
const cjs = { ...options, format: "cjs", outdir: `${npm}cjs`, supported: { "dynamic-import": false } };
const required = sources.filter((name) => !isForBrowsersOnly(name));
await build({ ...cjs, entryPoints: entryPoints(required.filter((name) => !isForNodeOnly(name))) });
await build({
  ...cjs,
  entryPoints: entryPoints(required.filter(isForNodeOnly)),
  define: { "import.meta.url": "moduleUrl" },
  banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename);' },
});
await writeFile(`${npm}cjs/package.json`, '{ "type": "commonjs" }\n');
const require = createRequire(import.meta.url);
for (const name of required.filter(isWayIn)) {
  const way = name.replace(".ts", ".js");
  const names = Object.keys(require(`${npm}cjs/${way}`)).sort();
  const text = `import all from "../cjs/${way}";\nexport const { ${names.join(", ")} } = all;\n`;
  await writeFile(`${npm}esm/${way.replace("inline.js", "inline-node.js")}`, text);
}

execFileSync(process.execPath, [path("node_modules/typescript/bin/tsc"), "--project", path("."), "--outDir", `${npm}esm`], {
  stdio: "inherit",
});
for (const name of modules) {
  for (const types of [`${name}.d.ts`, `${name}.base64.d.ts`]) {
    await cp(path(`src/generated/${types}`), `${npm}esm/generated/${types}`);
  }
}
await cp(`${npm}esm`, `${npm}cjs`, { recursive: true, filter: (name) => !name.endsWith(".js") });
await writeFile(`${npm}esm/package.json`, '{ "type": "module" }\n');
for (const file of ["package.json", "README.md"]) await cp(path(`npm/${file}`), npm + file);
await cp(path("../../../LICENSE"), `${npm}LICENSE`);
