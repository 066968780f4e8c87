import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test, { after, before } from "node:test";
import { launch, open } from "./chromium.mjs";
import { embedded } from "./embedded.mjs";
import { pages, serve } from "./server.mjs";
import { files, native, vectors } from "./vector-files.mjs";
import { FILES } from "./vectors.mjs";

const npm = new URL("../../npm/", import.meta.url);
const page = "<!doctype html><title>test</title>";
let browser;
let site;

before(async () => {
  browser = await launch();
  const texts = {
    "/": page,
    "/vectors.js": await readFile(new URL("vectors.mjs", import.meta.url), "utf8"),
    "/native.json": native(),
  };
  for (const file of await files()) texts[`/vectors/${file}`] = JSON.stringify(await vectors(file));
  // As strict as a page can be that runs WebAssembly and talks to a cluster.
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http://127.0.0.1:*";
  site = await pages(npm, texts, { "content-security-policy": policy });
});

after(async () => {
  await browser?.close();
  site?.close();
});

test("in Chromium every vector is what the package gives, and every call native Rust's text to the byte", { timeout: 120_000 }, async () => {
  const tab = await open(browser, site.url);
  const [tried, agreed, cases] = await tab.evaluate(async () => {
    const [api, raw, { compare, FILES, run }] = await Promise.all([
      import("/esm/web.js"),
      import("/esm/generated/emqx_rebalance_wasm.js"),
      import("/vectors.js"),
    ]);
    await api.init();
    const json = async (path) => (await fetch(path)).json();
    const tried = {};
    for (const file of Object.keys(FILES)) tried[file] = run(file, await json(`/vectors/${file}`), raw, api);
    const cases = await json("/native.json");
    return [tried, compare(cases, raw, api), cases.length];
  });
  assert.deepEqual(await files(), Object.keys(FILES).sort());
  for (const file of await files()) assert.equal(tried[file], (await vectors(file)).cases.length, file);
  assert.ok(Object.values(tried).every((count) => count > 0) && cases > 0, "no vectors found");
  assert.equal(agreed, cases);
  assert.deepEqual(tab.errors, []);
});

test("the inlined package runs under a strict policy and fetches nothing", { timeout: 60_000 }, async () => {
  const tab = await open(browser, site.url);
  const [fetched, decision, sameError] = await tab.evaluate(async () => {
    const { init, plan, RebalanceError } = await import("/esm/inline.js");
    const web = await import("/esm/web.js");
    performance.clearResourceTimings();
    await init();
    const nodes = [{ node: "a@b", connections: 9000 }, { node: "b@b" }];
    const fetched = performance.getEntriesByType("resource").map(({ name }) => name);
    return [fetched, plan({ snapshot: { nodes } }).decision, web.RebalanceError === RebalanceError];
  });
  assert.deepEqual(fetched, []);
  assert.equal(decision, "start");
  assert.ok(sameError);
  assert.deepEqual(tab.errors, []);
});

test("a page of another origin plans, starts and watches a cluster to its verdict", { timeout: 120_000 }, async (t) => {
  const access = await embedded("--cors", "--clients", "300,300,0");
  t.after(access.close);
  const tab = await open(browser, site.url);
  const { phases, outcome, counts } = await tab.evaluate(async ({ urls, auth }) => {
    const { init, Cluster } = await import("/esm/web.js");
    await init();
    const nodeUrls = Object.fromEntries(urls.map((url, i) => [`emqx${i + 1}@127.0.0.1`, url]));
    const cluster = new Cluster({ urls, auth, nodeUrls });
    const plan = await cluster.plan({ mode: "level", conn_evict_rate: 60, wait_health_check: 0, wait_takeover: 1 });
    const run = await cluster.start(plan);
    const phases = new Set();
    for await (const status of run.watch()) phases.add(status.phase);
    const { nodes } = await cluster.snapshot();
    return { phases: [...phases], outcome: run.outcome, counts: nodes.map(({ connections }) => connections) };
  }, { urls: access.urls, auth: access.auth });
  assert.equal(outcome.result, "completed", outcome.detail);
  assert.deepEqual(phases, ["Processing", "Completed"]);
  assert.ok(Math.max(...counts) - Math.min(...counts) < 30, String(counts));
  assert.deepEqual(tab.errors, []);
});

test("the page's own fetch carries the requests", { timeout: 60_000 }, async (t) => {
  const access = await embedded("--cors", "--clients", "10,0");
  t.after(access.close);
  const tab = await open(browser, site.url);
  const counts = await tab.evaluate(async ({ urls, auth }) => {
    const { init, Cluster } = await import("/esm/web.js");
    await init();
    const { nodes } = await new Cluster({ urls, auth, fetch: window.fetch }).snapshot();
    return nodes.map(({ connections }) => connections);
  }, { urls: access.urls, auth: access.auth });
  assert.deepEqual(counts, [10, 0]);
  assert.deepEqual(tab.errors, []);
});

test("a cluster that does not allow the page's origin is unreachable, and an abort is an abort", { timeout: 60_000 }, async (t) => {
  const access = await embedded("--clients", "10,0");
  const silent = await serve(() => {});
  t.after(access.close);
  t.after(silent.close);
  const tab = await open(browser, site.url);
  const [kind, reason] = await tab.evaluate(async ([{ urls, auth }, silent]) => {
    const { init, Cluster } = await import("/esm/web.js");
    await init();
    const kind = await new Cluster({ urls, auth }).snapshot().catch((error) => error.kind);
    const signal = AbortSignal.timeout(200);
    const reason = await new Cluster({ url: silent }).snapshot({ signal }).catch((error) => error.name);
    return [kind, reason];
  }, [{ urls: access.urls, auth: access.auth }, silent.url]);
  assert.equal(kind, "unreachable");
  assert.equal(reason, "TimeoutError");
});

test("the simulation runs in the page as fast as it can", { timeout: 60_000 }, async () => {
  const tab = await open(browser, site.url);
  const [outcome, seconds] = await tab.evaluate(async () => {
    const { init, Cluster } = await import("/esm/web.js");
    const { initSimulation, Simulation } = await import("/esm/simulation-web.js");
    await Promise.all([init(), initSimulation()]);
    const simulation = new Simulation({ nodes: [{ name: "emqx@a", clients: 3000 }, { name: "emqx@b" }, { name: "emqx@c" }] });
    const { fetch, clock, nodeUrls } = simulation;
    const cluster = new Cluster({ url: "http://sim", nodeUrls, fetch, clock });
    const run = await cluster.start(await cluster.plan({ mode: "level", conn_evict_rate: 100 }));
    const began = performance.now();
    await simulation.advance(300_000);
    return [run.outcome?.result, (performance.now() - began) / 1000];
  });
  assert.equal(outcome, "completed");
  assert.ok(seconds < 60, String(seconds));
  assert.deepEqual(tab.errors, []);
});
