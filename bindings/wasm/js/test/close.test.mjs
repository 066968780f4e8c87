import assert from "node:assert/strict";
import test from "node:test";
import { Cluster } from "../../npm/esm/node.js";
import { Simulation } from "../../npm/esm/simulation-node.js";
import { serve } from "./server.mjs";

/** A cluster in virtual time with a run on it, and the requests that were sent. */
async function running() {
  const simulation = new Simulation({ nodes: [{ name: "emqx@a", clients: 300 }, { name: "emqx@b" }] });
  const sent = [];
  const fetch = (url, init) => {
    sent.push(url);
    return simulation.fetch(url, init);
  };
  const cluster = new Cluster({ url: "http://sim", nodeUrls: simulation.nodeUrls, fetch, clock: simulation.clock });
  const run = await cluster.start(await cluster.plan({ mode: "level", conn_evict_rate: 10 }));
  return { simulation, cluster, sent, run };
}

test("a run that was detached sends nothing more, and another goes on from its state", { timeout: 60_000 }, async () => {
  const { simulation, cluster, sent, run } = await running();
  await simulation.advance(5000);
  await run.detach();
  const before = sent.length;
  await simulation.advance(60_000);
  assert.equal(sent.length, before);
  await assert.rejects(run.wait(), { kind: "conflict" });
  const resumed = await cluster.resume(run.state);
  await simulation.advance(600_000);
  assert.equal(resumed.outcome?.result, "completed");
});

test("a closed cluster drives nothing, answers nobody, and says why", { timeout: 60_000 }, async (t) => {
  const { simulation, cluster, sent, run } = await running();
  const verdict = assert.rejects(run.wait(), { kind: "conflict" });
  await simulation.advance(5000);
  await cluster.close();
  await verdict;
  const before = sent.length;
  await simulation.advance(60_000);
  assert.equal(sent.length, before);
  for (const ask of [() => cluster.snapshot(), () => cluster.stop(), () => cluster.resume(run.state)]) {
    await assert.rejects(ask(), { name: "RebalanceError", kind: "conflict", message: /closed/ });
  }
  await cluster.close();
  const silent = await serve(() => {});
  t.after(silent.close);
  const other = new Cluster({ url: silent.url });
  const asked = assert.rejects(other.snapshot(), { kind: "conflict", message: /closed/ });
  await new Promise((resolve) => setImmediate(resolve));
  await other.close();
  await asked;
});

test("`await using` closes clusters and detaches runs", { timeout: 60_000 }, async () => {
  const { simulation, cluster, sent, run } = await running();
  const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
  await run[asyncDispose]();
  await assert.rejects(run.wait(), { kind: "conflict" });
  await cluster[asyncDispose]();
  await assert.rejects(cluster.status(), { kind: "conflict" });
  const before = sent.length;
  await simulation.advance(10_000);
  assert.equal(sent.length, before);
});
