// Size, start and speed of the npm package in Chromium, against native Rust:
// TIMING=<path of the program `timing`> node bench.mjs
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { env } from "node:process";
import { gzipSync } from "node:zlib";
import { launch, open } from "./test/chromium.mjs";
import { pages } from "./test/server.mjs";

const npm = new URL("../npm/", import.meta.url);
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

/** A cluster of `n` nodes of which a quarter is empty, always the same. */
const request = (n, mode) => JSON.stringify({
  mode,
  snapshot: { nodes: Array.from({ length: n }, (_, i) => ({ node: `emqx@n${i}`, connections: i % 4 === 3 ? 0 : 3000 + ((i * 7919) % 500) })) },
});
const cases = [4, 10, 100, 1000].flatMap((n) => ["single", "level"].map((mode) => ({ n, mode, request: request(n, mode) })));

/** In the page: the time of each call in the median of several batches, in milliseconds, and the time to load. */
async function measure(requests) {
  const before = performance.now();
  const api = await import("/esm/web.js");
  const imported = performance.now();
  await api.init();
  const loaded = performance.now();
  const times = requests.map((text) => {
    const request = JSON.parse(text);
    /** Milliseconds of one call among so many: the browser's clock ticks too slowly for one alone. */
    const batch = (calls) => {
      const start = performance.now();
      for (let i = 0; i < calls; i += 1) api.plan(request);
      return (performance.now() - start) / calls;
    };
    // The first calls pay for the browser's compiler.
    const start = performance.now();
    let calls = 1;
    while (performance.now() - start < 500) batch(1);
    while (batch(calls) * calls < 20) calls *= 2;
    const began = performance.now();
    const times = [];
    while (times.length < 5 || (performance.now() - began < 2000 && times.length < 100)) times.push(batch(calls));
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  });
  return { imported: imported - before, init: loaded - imported, times };
}

console.log(`${cpus()[0].model}, ${cpus().length} cores\n`);
row("module", "bytes", "gzipped");
row("---", "---:", "---:");
for (const name of ["", "planner_", "report_", "simulation_"].map((part) => `emqx_rebalance_${part}wasm`)) {
  const wasm = await readFile(new URL(`wasm/${name}_bg.wasm`, npm));
  row(name, wasm.length, gzipSync(wasm, { level: 9 }).length);
}

const site = await pages(npm, { "/": '<!doctype html><link rel="icon" href="data:,">' });
const browser = await launch();
try {
  const inits = [];
  for (let i = 0; i < 5; i += 1) inits.push((await (await open(browser, site.url)).evaluate(measure, [])).init);
  console.log(`\ninit in a fresh page, median of 5: ${inits.sort((a, b) => a - b)[2].toFixed(0)} ms\n`);
  const { times } = await (await open(browser, site.url)).evaluate(measure, cases.map(({ request }) => request));
  const input = JSON.stringify(cases.map(({ request }) => request));
  const native = JSON.parse(execFileSync(env.TIMING, { input }));
  row("plan", "Chromium, ms", "native, ms", "ratio");
  row("---", "---:", "---:", "---:");
  cases.forEach(({ n, mode }, i) => row(`${mode}, ${n} nodes`, times[i].toFixed(3), native[i].toFixed(3), (times[i] / native[i]).toFixed(1)));
} finally {
  await browser.close();
  site.close();
}
