// What becomes of a run whose signal is aborted, whose driver is left, or whose state cannot be kept.
import assert from "node:assert/strict";
import test, { before } from "node:test";
import { Cluster, init } from "../../npm/esm/node.js";
import { initSimulation, Simulation } from "../../npm/esm/simulation-node.js";

before(() => Promise.all([init(), initSimulation()]));

/** A cluster in virtual time with a plan for it, and what it was asked to start. */
async function planned() {
  const simulation = new Simulation({ nodes: [{ name: "emqx@a", clients: 300 }, { name: "emqx@b" }] });
  const starts = [];
  const fetch = (url, init) => {
    if (init.method === "POST") starts.push(url);
    return simulation.fetch(url, init);
  };
  const { clock, nodeUrls } = simulation;
  const cluster = new Cluster({ url: "http://sim", nodeUrls, fetch, clock });
  return { simulation, cluster, starts, plan: await cluster.plan({ mode: "level", conn_evict_rate: 100 }) };
}

test("a signal that is aborted before anything was sent prevents the start", { timeout: 60_000 }, async () => {
  const { simulation, cluster, starts, plan } = await planned();
  const abort = new AbortController();
  const started = cluster.start(plan, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(started, { message: "enough" });
  await simulation.advance(10_000);
  assert.deepEqual(starts, []);
});

test("what a start's signal does later is nothing: a run ends by stop and leave", { timeout: 60_000 }, async () => {
  const { simulation, cluster, plan } = await planned();
  const abort = new AbortController();
  const run = await cluster.start(plan, { signal: abort.signal });
  abort.abort();
  await simulation.advance(300_000);
  assert.equal(run.outcome?.result, "completed");
});

test("a run that was left asks nothing any more", { timeout: 60_000 }, async () => {
  const { simulation, cluster, starts, plan } = await planned();
  const run = await cluster.start(plan);
  run.leave();
  await simulation.advance(300_000);
  assert.equal(run.outcome, undefined);
  assert.ok(starts.length <= 1, String(starts));
});

test("a state that cannot be kept ends the driving, and who waits is told", { timeout: 60_000 }, async () => {
  const { simulation, cluster, starts, plan } = await planned();
  const store = () => Promise.reject(new Error("disk full"));
  const run = await cluster.start(plan, { store });
  await assert.rejects(run.wait(), { message: "disk full" });
  await assert.rejects(run.stop(), { message: "disk full" });
  await assert.rejects(async () => {
    for await (const _ of run.watch());
  }, { message: "disk full" });
  await simulation.advance(10_000);
  assert.deepEqual(starts, []);
});

test("who waits is told, too, when it is the last state that cannot be kept", { timeout: 60_000 }, async () => {
  const { simulation, cluster, plan } = await planned();
  let run;
  const store = async () => {
    if (run?.outcome) throw new Error("disk full");
  };
  run = await cluster.start(plan, { store });
  const verdict = assert.rejects(run.wait(), { message: "disk full" });
  await simulation.advance(300_000);
  await verdict;
  assert.equal(run.outcome?.result, "completed");
});
