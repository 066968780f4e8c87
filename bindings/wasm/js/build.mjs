// Makes the npm package in ../npm of these sources and of what the Rust program `package` wrote
// into src/generated. No bundler: every module is one file in both formats, so that all ways into
// the package share one RebalanceError.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, here));
const npm = path("../npm/");
const modules = ["emqx_rebalance_wasm", "emqx_rebalance_simulation_wasm"];

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
const isForBrowsersOnly = (name) => /^(simulation-)?web\.ts$/.test(name);
const options = { outbase: path("src"), target: "es2022", platform: "neutral", logLevel: "warning" };
// They alone find files beside them; no bundler for browsers may meet what CJS needs for that.
const isForNodeOnly = (name) => /^(simulation-)?node\.ts$/.test(name);
const entryPoints = (names) => names.map((name) => path(`src/${name}`));
await build({ ...options, entryPoints: entryPoints(sources), format: "esm", outdir: `${npm}esm` });
const cjs = { ...options, format: "cjs", outdir: `${npm}cjs` };
const required = sources.filter((name) => !isForBrowsersOnly(name));
await build({ ...cjs, entryPoints: entryPoints(required.filter((name) => !isForNodeOnly(name))) });
await build({
  ...cjs,
  entryPoints: entryPoints(required.filter(isForNodeOnly)),
  define: { "import.meta.url": "moduleUrl" },
  banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename);' },
});

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
await writeFile(`${npm}cjs/package.json`, '{ "type": "commonjs" }\n');
for (const file of ["package.json", "README.md"]) await cp(path(`npm/${file}`), npm + file);
await cp(path("../../../LICENSE"), `${npm}LICENSE`);
