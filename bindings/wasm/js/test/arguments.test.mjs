// Every public call is fed what is no argument of it, and has to name the argument.
import assert from "node:assert/strict";
import test from "node:test";
import { Cluster, init, plan, planEvacuation } from "../../npm/esm/node.js";
import * as planner from "../../npm/esm/planner-node.js";
import { initReport, report } from "../../npm/esm/report-node.js";
import { initSimulation, Simulation } from "../../npm/esm/simulation-node.js";

const circle = {};
circle.circle = circle;
/** One value of each type, by what it is called. */
const GARBAGE = {
  "null": null, "undefined": undefined, "a flag": true, "a number": 5, "no number": NaN, "infinity": Infinity, "a negative number": -1, "a bigint": 5n,
  "a text": "5s", "an empty text": "", "a symbol": Symbol("s"), "a function": () => {}, "a list": [1], "an object": { conn_evict_rat: 1 }, "a circle": circle,
  "a map": new Map([["signal", 1]]), "a date": new Date(0),
};
const NOTHING = ["null", "undefined"];
const EMPTY = [...NOTHING, "a date", "a map"];
const TIMES = [...NOTHING, "a number"];
/** JSON has no numbers for them, and as texts they are names as good as others. */
const NAMES = ["no number", "infinity", "a bigint", "a text", "a date"];
const TEXTS = [...NOTHING, "a text", "an empty text"];

const simulation = new Simulation({ nodes: [{ name: "emqx@a", clients: 300 }, { name: "emqx@b" }] });
const { fetch, clock, nodeUrls } = simulation;
const cluster = new Cluster({ url: "http://sim", fetch, clock, nodeUrls });
const planned = await cluster.plan({ mode: "level", conn_evict_rate: 100 });
const leaving = await cluster.planEvacuation({ node: "emqx@a" });
const run = await cluster.start(planned);
await simulation.advance(300_000);
const { record } = run;

/** A call with one argument of garbage, and which of it is none there. */
const row = (name, work, taken = NOTHING) => ({ name, work, taken });
/** Every call that takes options: with garbage for them, for their signal, and with a name that is none of theirs. */
const withOptions = (name, work) => [
  row(`${name}: options`, (bad) => work(bad), EMPTY),
  row(`${name}: signal`, (bad) => work({ signal: bad })),
  row(`${name}: another option`, (bad) => work({ singal: bad })),
];
const CALLS = [
  row("init: source", (bad) => init(bad), TEXTS),
  ...withOptions("init", (bad) => init(undefined, bad)),
  ...withOptions("initSimulation", (bad) => initSimulation(undefined, bad)),
  ...withOptions("initReport", (bad) => initReport(undefined, bad)),
  ...withOptions("planner's init", (bad) => planner.init(undefined, bad)),
  ...[plan, planner.plan].flatMap((plan) => [
    row("plan: request", plan, []),
    row("plan: snapshot", (bad) => plan({ snapshot: bad }), []),
    row("plan: nodes", (bad) => plan({ snapshot: { nodes: bad } }), []),
    row("plan: connections", (bad) => plan({ snapshot: { nodes: [{ node: "a@b", connections: bad }] } }), TIMES),
    row("plan: conn_evict_rate", (bad) => plan({ snapshot: { nodes: [{ node: "a@b" }] }, conn_evict_rate: bad }), [...TIMES, "a bigint"]),
    row("plan: strategy", (bad) => plan({ snapshot: { nodes: [{ node: "a@b" }] }, strategy: bad }), NOTHING),
  ]),
  ...[planEvacuation, planner.planEvacuation].flatMap((plan) => [
    row("planEvacuation: request", plan, []),
    row("planEvacuation: node", (bad) => plan({ snapshot: { nodes: [{ node: "a@b" }] }, node: bad }), NAMES),
  ]),
  row("shortNames: nodes", (bad) => planner.shortNames(bad), []),
  row("shortNames: a node", (bad) => planner.shortNames([bad]), NAMES),
  row("shortNames: width", (bad) => planner.shortNames(["a@b"], bad), ["undefined", "a number"]),
  row("new Cluster: options", (bad) => new Cluster(bad), []),
  ...Object.entries({ nodeUrls: NOTHING, fetch: [...NOTHING, "a function"], clock: NOTHING, auth: NOTHING, requestTimeout: [...TIMES, "a bigint"], startTimeout: [...TIMES, "a bigint"], findNodes: [...NOTHING, "a flag"], ulr: NOTHING })
    .map(([name, taken]) => row(`new Cluster: ${name}`, (bad) => new Cluster({ url: "http://sim", [name]: bad }), taken)),
  row("new Cluster: url", (bad) => new Cluster({ url: bad }), []),
  row("new Cluster: a URL of several", (bad) => new Cluster({ urls: ["http://sim", bad] }), []),
  ...["snapshot", "status", "evacuations"].flatMap((name) => withOptions(name, (bad) => cluster[name](bad))),
  ...withOptions("plan", (bad) => cluster.plan({}, bad)),
  ...withOptions("checkFits", (bad) => cluster.checkFits(planned, bad)),
  ...withOptions("planEvacuation", (bad) => cluster.planEvacuation({ node: "emqx@a" }, bad)),
  ...withOptions("stop", (bad) => cluster.stop(undefined, bad)),
  ...withOptions("stopEvacuation", (bad) => cluster.stopEvacuation("emqx@a", bad)),
  row("plan: wishes", (bad) => cluster.plan(bad), ["undefined"]),
  row("planEvacuation: wishes", (bad) => cluster.planEvacuation(bad), []),
  row("checkFits: plan", (bad) => cluster.checkFits(bad), []),
  row("stop: coordinator", (bad) => cluster.stop(bad), [...NOTHING, "a text"]),
  row("stopEvacuation: node", (bad) => cluster.stopEvacuation(bad), ["a text"]),
  row("start: plan", (bad) => cluster.start(bad), []),
  row("evacuate: plan", (bad) => cluster.evacuate(bad), []),
  row("startEvacuation: plan", (bad) => cluster.startEvacuation(bad), []),
  row("resume: state", (bad) => cluster.resume(bad), []),
  row("resumeEvacuation: state", (bad) => cluster.resumeEvacuation(bad), []),
  ...[["start", planned], ["evacuate", leaving], ["startEvacuation", leaving]].flatMap(([name, it]) => [
    ...withOptions(name, (bad) => cluster[name](it, bad)).filter(({ name }) => !name.endsWith("options")),
    row(`${name}: options`, (bad) => cluster[name](it, typeof bad === "object" ? { con_evict_rate: 1 } : bad), ["undefined"]),
    row(`${name}: store`, (bad) => cluster[name](it, { store: bad, settle_s: "never" }), []),
    row(`${name}: settle_s`, (bad) => cluster[name](it, { settle_s: bad }), [...TIMES, "a bigint"]),
  ]),
  ...withOptions("resume", (bad) => cluster.resume(run.state, bad)),
  row("resume: store", (bad) => cluster.resume(run.state, { store: bad }), [...NOTHING, "a function"]),
  ...["watch", "events"].flatMap((name) => withOptions(name, async (bad) => { for await (const _ of run[name](bad)); })),
  ...["wait", "stop"].flatMap((name) => [
    ...withOptions(name, (bad) => run[name](bad)),
    row(`${name}: timeout`, (bad) => run[name]({ timeout: bad }), TIMES),
  ]),
  row("run.report: options", (bad) => run.report(bad), EMPTY),
  row("run.report: title", (bad) => run.report({ title: bad }), TEXTS),
  row("run.report: madeAt", (bad) => run.report({ madeAt: bad }), TEXTS),
  row("report: about", (bad) => report(bad), []),
  row("report: options", (bad) => report(record, bad), EMPTY),
  row("new Simulation: config", (bad) => new Simulation(bad), []),
  row("new Simulation: nodes", (bad) => new Simulation({ nodes: bad }), []),
  row("new Simulation: clients", (bad) => new Simulation({ nodes: [{ name: "a@b", clients: bad }] }), ["undefined", "a number"]),
  row("inject: fault", (bad) => simulation.inject(bad), []),
  row("advance: ms", (bad) => simulation.advance(bad), ["a number"]),
  ...withOptions("advance", (bad) => simulation.advance(0, bad)),
];

for (const { name, work, taken } of CALLS) {
  test(`${name} is named when it is wrong`, async () => {
    for (const [what, bad] of Object.entries(GARBAGE).filter(([what]) => !taken.includes(what))) {
      const error = await Promise.resolve().then(() => work(bad)).then(() => undefined, (error) => error);
      assert.equal(error?.name, "RebalanceError", `${what}: ${error?.stack ?? "was taken"}`);
      assert.equal(error.kind, "config_invalid", `${what}: ${error.message}`);
      assert.ok(error.problems.length > 0, `${what}: ${error.message}`);
      for (const { field, bound } of error.problems) {
        assert.ok(field.length > 0 && bound.length > 0 && error.message.includes(`\`${field}\``), `${what}: ${error.message}`);
      }
    }
    for (const what of taken) {
      const error = await Promise.resolve().then(() => work(GARBAGE[what])).then(() => undefined, (error) => error);
      // What can be asked may still be answered with no.
      assert.ok(error === undefined || ["conflict", "unknown_node"].includes(error.kind), `${what}: ${error?.stack}`);
    }
  });
}
