import assert from "node:assert/strict";
import test from "node:test";
import { Cluster, plan } from "../../npm/esm/node.js";
import { report } from "../../npm/esm/report-node.js";
import { Simulation } from "../../npm/esm/simulation-node.js";

const simulation = new Simulation({ nodes: [{ name: "emqx@a", clients: 600 }, { name: "emqx@b", clients: 20 }, { name: "emqx@<i>c" }] });
const { fetch, clock, nodeUrls } = simulation;
const cluster = new Cluster({ url: "http://sim", nodeUrls, fetch, clock });

test("a run's report grows with it, and holds the verdict at last", { timeout: 60_000 }, async () => {
  const run = await cluster.start(await cluster.plan({ mode: "level", conn_evict_rate: 10 }));
  assert.match(await run.report(), /no verdict|plan/);
  await simulation.advance(80_000);
  const half = await run.report({ title: "Half <way>", madeAt: "today" });
  assert.match(half, /<h1>Half &lt;way&gt;<\/h1><p class="made">today<\/p>/);
  assert.match(half, /no verdict/);
  await simulation.advance(600_000);
  const whole = await run.report();
  assert.match(whole, /✓ completed/);
  assert.match(whole, /class="line measured/);
  assert.ok(!whole.includes("<i>c"));
  const points = /class="line measured [^"]*" points="([^"]+)"/.exec(whole)[1].split(" ");
  assert.ok(points.length > 20 && points.length <= 501, String(points.length));
  // A record alone has the ends.
  const kept = await report(JSON.parse(JSON.stringify(run.record)));
  assert.match(kept, /<h1>Rebalance of 3 nodes<\/h1>/);
  assert.match(kept, /✓ completed/);
});

test("a plan has a report, too, and an evacuation has none", { timeout: 60_000 }, async () => {
  const made = plan({ snapshot: { nodes: [{ node: "a@b", connections: 900 }, { node: "c@d" }] } });
  assert.match(await report(made, { title: "Plan" }), /<h1>Plan<\/h1>/);
  const run = await cluster.evacuate(await cluster.planEvacuation({ node: "emqx@a", conn_evict_rate: 100 }));
  await assert.rejects(run.report(), { kind: "unsupported", message: /evacuation/ });
  await run.detach();
});
