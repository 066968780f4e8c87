import assert from "node:assert/strict";
import test, { before } from "node:test";
import { Cluster, init } from "../../npm/esm/node.js";
import { embedded } from "./embedded.mjs";

// Fast, so that a whole rebalance takes seconds.
const wishes = { conn_evict_rate: 60, wait_health_check: 0, wait_takeover: 1, abs_conn_threshold: 5, rel_conn_threshold: 1.01 };
let access;

before(async () => {
  await init();
});

const started = async (clients) => {
  access = await embedded("--clients", clients);
  const { urls, auth } = access;
  return new Cluster({ urls, auth, nodeUrls: nodeUrls(urls) });
};
const nodeUrls = (urls) => Object.fromEntries(urls.map((url, i) => [`emqx${i + 1}@127.0.0.1`, url]));

test("plans, starts, watches and comes to a verdict over real HTTP", { timeout: 60_000 }, async (t) => {
  const cluster = await started("300,300,0");
  t.after(() => access.close());
  const snapshot = await cluster.snapshot();
  assert.deepEqual(snapshot.nodes.map(({ connections }) => connections), [300, 300, 0]);
  const plan = await cluster.plan({ mode: "level", ...wishes });
  assert.equal(plan.decision, "start");
  const stored = [];
  const run = await cluster.start(plan, { who: "test", store: (state) => void stored.push(state.version) });
  const phases = [];
  for await (const status of run.watch()) phases.push(status.phase);
  assert.equal(run.outcome.result, "completed", run.outcome.detail);
  assert.deepEqual([...new Set(phases)], ["Processing", "Completed"]);
  assert.deepEqual(await run.wait(), run.outcome);
  const events = [];
  for await (const event of run.events()) events.push(event);
  assert.equal(events.at(-1).type, "ended");
  assert.ok(stored.length > 2);
  assert.equal(run.record.who, "test");
  const counts = (await cluster.snapshot()).nodes.map(({ connections }) => connections);
  assert.ok(Math.max(...counts) - Math.min(...counts) < 30, String(counts));
});

test("a run is seen by status, left, resumed elsewhere and stopped", { timeout: 60_000 }, async (t) => {
  const cluster = await started("3000,0");
  t.after(() => access.close());
  const run = await cluster.start(await cluster.plan({ ...wishes, conn_evict_rate: 10 }), { poll_interval_ms: 200 });
  for await (const { type } of run.events()) if (type === "started") break;
  assert.equal((await cluster.status()).runs.length, 1);
  await assert.rejects(run.wait({ timeout: 1 }), { kind: "timeout" });
  run.leave();
  await assert.rejects(run.wait(), { kind: "conflict" });
  const { urls, auth } = access;
  const other = new Cluster({ urls, auth, nodeUrls: nodeUrls(urls) });
  const resumed = await other.resume(JSON.parse(JSON.stringify(run.state)));
  const outcome = await resumed.stop();
  assert.equal(outcome.result, "stopped");
  assert.deepEqual((await cluster.status()).runs, []);
});

test("a node is evacuated, and opened again", { timeout: 60_000 }, async (t) => {
  const cluster = await started("100,0");
  t.after(() => access.close());
  const node = "emqx1@127.0.0.1";
  const plan = await cluster.planEvacuation({ node, conn_evict_rate: 100, wait_health_check: 0, wait_takeover: 0 });
  const run = await cluster.startEvacuation(plan);
  assert.equal((await run.wait()).result, "completed");
  assert.equal((await cluster.evacuations()).length, 1);
  assert.equal(await cluster.stopEvacuation(node), true);
  assert.equal(await cluster.stopEvacuation(node), false);
});

test("a plan that a finding forbids is not started, unless forced", { timeout: 60_000 }, async (t) => {
  const cluster = await started("300,0");
  t.after(() => access.close());
  const plan = await cluster.plan(wishes);
  plan.findings.push({ severity: "error", code: "node_down", message: "a node is down" });
  await assert.rejects(cluster.start(plan), { kind: "conflict", message: /a node is down/ });
  await assert.rejects(cluster.start(plan, { force: true, settle_s: 0 }), { kind: "config_invalid" });
  assert.deepEqual((await cluster.status()).runs, []);
});

test("a plan is checked against the cluster as it is now", { timeout: 60_000 }, async (t) => {
  const cluster = await started("300,0");
  t.after(() => access.close());
  const plan = await cluster.plan(wishes);
  await cluster.checkFits(plan);
  plan.fingerprint.nodes[0].connections = 200;
  await assert.rejects(cluster.checkFits(plan), { kind: "conflict", message: /changed too much since.*now: `300`/ });
});

test("a wrong key is unauthorized, and no secret is in the error", { timeout: 60_000 }, async (t) => {
  await started("10,0");
  t.after(() => access.close());
  const cluster = new Cluster({ urls: access.urls, auth: { key: access.auth.key, secret: "wr0ng" } });
  await assert.rejects(cluster.snapshot(), (error) => {
    assert.equal(error.kind, "unauthorized");
    assert.doesNotMatch(error.message + JSON.stringify(error), /wr0ng/);
    return true;
  });
});
