import assert from "node:assert/strict";
import test, { before } from "node:test";
import { Cluster, init, plan } from "../../npm/esm/node.js";
import { initSimulation, RebalanceError, Simulation } from "../../npm/esm/simulation-node.js";

before(() => Promise.all([init(), initSimulation()]));

const nodes = [{ name: "emqx@a", clients: 3000 }, { name: "emqx@b" }, { name: "emqx@c" }];
const reach = ({ fetch, clock, nodeUrls }) => new Cluster({ url: "http://sim", nodeUrls, fetch, clock });

test("a level plan runs to its end in virtual time, as forecast", { timeout: 60_000 }, async () => {
  const simulation = new Simulation({ nodes });
  const cluster = reach(simulation);
  const asked = { mode: "level", conn_evict_rate: 100 };
  const planned = await cluster.plan(asked);
  const run = await cluster.start(planned);
  await simulation.advance(600_000);
  assert.equal(run.outcome?.result, "completed");
  const ends = Object.fromEntries(planned.forecast.final.map(({ node, connections }) => [node, connections]));
  for (const { node, connections } of simulation.counts()) {
    assert.ok(Math.abs(connections - ends[node]) <= 30, `${node}: ${connections}, not ${ends[node]}`);
  }
  assert.equal(simulation.now, 600_000);
  assert.equal(simulation.totals().evicted, planned.forecast.disconnects);
});

test("the same seed gives the same course", { timeout: 60_000 }, async () => {
  const course = async () => {
    const simulation = new Simulation({ nodes, seed: 7, load_balancer: { policy: "random" } });
    const cluster = reach(simulation);
    const run = await cluster.start(await cluster.plan({ conn_evict_rate: 50 }));
    await simulation.advance(200_000);
    return JSON.stringify([simulation.counts(), run.status, run.state]);
  };
  assert.equal(await course(), await course());
});

test("nodes die, and the run's verdict says so", { timeout: 60_000 }, async () => {
  const simulation = new Simulation({ nodes });
  const cluster = reach(simulation);
  const run = await cluster.start(await cluster.plan({ conn_evict_rate: 10 }));
  await simulation.advance(70_000);
  simulation.inject({ type: "node_killed", node: "emqx@b" });
  await simulation.advance(300_000);
  assert.notEqual(run.outcome?.result, "completed");
  assert.equal(simulation.counts()[1].up, false);
});

test("an answer that takes its time comes when its time has come, or is late", { timeout: 60_000 }, async () => {
  const simulation = new Simulation({ nodes, faults: [] });
  simulation.inject({ type: "node_slow", node: "emqx@a", ms: 5000 });
  const cluster = reach(simulation);
  const snapshot = cluster.snapshot();
  await simulation.advance(60_000);
  assert.equal((await snapshot).nodes.length, 3);
});

test("a frame's fraction of a millisecond is kept, and what is no time is refused", { timeout: 60_000 }, async () => {
  const simulation = new Simulation({ nodes });
  for (let frame = 0; frame < 8; frame += 1) await simulation.advance(16.625);
  assert.equal(simulation.now, 133);
  for (const ms of [NaN, Infinity, -1, "soon", undefined]) {
    const problem = { field: "ms", value: String(ms), bound: "a number of milliseconds from 0 to 9007199254740991" };
    await assert.rejects(simulation.advance(ms), (error) => {
      assert.deepEqual(error.problems, [problem]);
      return error.kind === "config_invalid" && error.message.includes("`ms`");
    });
  }
  assert.equal(simulation.now, 133);
});

test("an abort ends a long advance where it is, and the clock can go on", { timeout: 60_000 }, async () => {
  const simulation = new Simulation({ nodes });
  const abort = new AbortController();
  const { fetch, clock } = simulation;
  const cluster = new Cluster({ url: "http://sim", fetch, clock });
  const run = await cluster.start(await cluster.plan({ mode: "level", conn_evict_rate: 1 }));
  const advance = simulation.advance(600_000, { signal: abort.signal });
  for await (const { type } of run.events()) if (type === "started") break;
  abort.abort(new Error("enough"));
  await assert.rejects(advance, { message: "enough" });
  assert.ok(simulation.now < 600_000, String(simulation.now));
  const stood = simulation.now;
  await simulation.advance(1000);
  assert.equal(simulation.now, stood + 1000);
});

test("bad configurations name the field", () => {
  assert.throws(
    () => new Simulation({ nodes: [{ name: "a@b" }, { name: "a@b" }], reconnect: { retry_ms: 0 } }),
    (error) => error instanceof RebalanceError && error.problems.length === 2,
  );
  assert.throws(() => new Simulation({ nodes: [{ name: "a b" }] }), { kind: "config_invalid" });
  const bad = (config, ...texts) =>
    assert.throws(
      () => new Simulation({ nodes, ...config }),
      (error) => error.kind === "config_invalid" && texts.every((text) => String(error).includes(text)),
    );
  bad({ drift: { arrivals_per_s: -1 } }, "drift.arrivals_per_s", "-1", "from 0 to 10000");
  bad({ reconnect: { profile: { points: [[1, 2]] } } }, "points[0][1]", "`2`", "from 0 to 1");
  bad({ reconnect: { profile: 2, min_ms: 9 } }, "reconnect.min_ms", "`9`", "reconnect.profile");
});

test("a fleet comes back by its profile, and the drift comes and goes", async () => {
  const profile = { points: [[1, 0], [2, 0.5]] };
  const fleet = new Simulation({ nodes: [{ name: "a@b", clients: 1000 }, { name: "c@d" }], reconnect: { profile } });
  fleet.inject({ type: "node_killed", node: "a@b" });
  await fleet.advance(60_000);
  const { stayed_away, travelling } = fleet.totals();
  assert.equal(travelling, 0);
  // Six standard deviations of a thousand clients of which half never come.
  assert.ok(Math.abs(stayed_away - 500) <= 95, String(stayed_away));
  assert.equal(fleet.counts()[1].connections, 1000 - stayed_away);
  const drift = { arrivals_per_s: 5, departures_per_s: 2 };
  const drifting = new Simulation({ nodes: [{ name: "a@b", clients: 1000 }], drift });
  await drifting.advance(100_000);
  const { arrived, departed } = drifting.totals();
  assert.ok(Math.abs(arrived - 500) <= 135 && Math.abs(departed - 200) <= 85, `${arrived} ${departed}`);
});

test("what was seen can be planned on", () => {
  const simulation = new Simulation({ nodes });
  const seen = simulation.counts().map(({ node, connections }) => ({ node, connections }));
  assert.equal(plan({ snapshot: { nodes: seen } }).decision, "start");
});
