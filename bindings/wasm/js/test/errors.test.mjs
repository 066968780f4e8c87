import assert from "node:assert/strict";
import test from "node:test";
import { Cluster, init, plan, RebalanceError } from "../../npm/esm/node.js";

const nodes = [{ node: "emqx@a", connections: 3000 }, { node: "emqx@b" }];

test("in node nothing has to be loaded first", () => {
  assert.equal(plan({ snapshot: { nodes } }).decision, "start");
});

test("JSON.stringify keeps the message and what caused it, which other errors lose", async () => {
  const fetch = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }));
  const error = await new Cluster({ url: "http://emqx", fetch }).snapshot().catch((error) => error);
  const { name, kind, message, context, problems, retryable, cause } = JSON.parse(JSON.stringify({ error })).error;
  assert.deepEqual([name, kind, problems, retryable], ["RebalanceError", "unreachable", [], true]);
  assert.match(message, /cannot connect.*fetch failed: connect ECONNREFUSED/);
  assert.equal(context.url, "http://emqx");
  assert.deepEqual(cause, { name: "TypeError", message: "fetch failed", cause: { name: "Error", message: "connect ECONNREFUSED" } });
  const circle = new Error("round");
  circle.cause = circle;
  assert.match(JSON.stringify(new RebalanceError(error, { cause: circle })), /"round"/);
});

test("every problem is named at once, numbers that JSON cannot hold too", async () => {
  await init();
  const request = { snapshot: { nodes }, conn_evict_rate: NaN, wait_takeover: -1, abs_conn_threshold: 5n, mode: "levle", foo: 1 };
  assert.throws(
    () => plan(request),
    (error) => {
      assert.ok(error instanceof RebalanceError && error instanceof Error);
      assert.deepEqual(
        error.problems.map(({ field }) => field).sort(),
        ["conn_evict_rate", "foo", "mode", "wait_takeover"],
      );
      assert.equal(error.retryable, false);
      assert.match(error.stack, /errors\.test\.mjs/);
      return true;
    },
  );
});

test("what is no JSON is refused, and the module goes on", async () => {
  await init();
  const circle = { snapshot: { nodes } };
  circle.circle = circle;
  assert.throws(() => plan(circle), { kind: "config_invalid" });
  assert.throws(() => plan(undefined), { kind: "config_invalid" });
  assert.equal(plan({ snapshot: { nodes } }).decision, "start");
});

test("a bigint goes as its decimal text, which options take and counts do not", async () => {
  await init();
  assert.equal(plan({ snapshot: { nodes }, conn_evict_rate: 50n }).asked.strategy.conn_evict_rate, 50);
  assert.throws(() => plan({ snapshot: { nodes: [{ node: "a@b", connections: 5n }] } }), { kind: "config_invalid" });
});

test("whole numbers are whole whatever made them, and undefined is left out", async () => {
  await init();
  const a = plan({ snapshot: { nodes }, conn_evict_rate: 100 / 2, wait_takeover: undefined });
  const b = plan({ snapshot: { nodes }, conn_evict_rate: "50" });
  assert.deepEqual(a, b);
  const big = plan({ snapshot: { nodes: [{ node: "a@b", connections: Number.MAX_SAFE_INTEGER }] } });
  assert.equal(big.fingerprint.nodes[0].connections, Number.MAX_SAFE_INTEGER);
});

test("bad addresses and options of a cluster are named, secrets are not", async () => {
  await init();
  const fail = (options) => {
    try {
      new Cluster(options);
    } catch (error) {
      return error;
    }
    throw new Error("was taken");
  };
  const named = (options) => Object.fromEntries(fail(options).problems.map(({ field, value, bound }) => [field, [value, bound]]));
  assert.deepEqual(named({}), { urls: ["[]", "at least one URL of EMQX's API"] });
  const all = named({
    url: "emqx",
    urls: ["http://good", "ftp://u:s3cret@bad"],
    nodeUrls: { "emqx@a": "what?" },
    findNodes: "yes",
    auth: { key: "k", secert: "s3cret" },
    requestTimeout: 0,
    startTimeout: NaN,
    ulr: "http://u:s3cret@emqx",
  });
  assert.deepEqual(Object.keys(all).sort(), ["auth", "findNodes", "nodeUrls[emqx@a]", "requestTimeout", "startTimeout", "ulr", "url", "urls[1]"]);
  assert.doesNotMatch(JSON.stringify(all), /s3cret/);
  const timeout = "a whole number of milliseconds from 1 to 86400000";
  assert.deepEqual(all.requestTimeout, ["0", timeout]);
  assert.deepEqual(all.startTimeout, ["NaN", timeout]);
  assert.deepEqual(all.findNodes, ["yes", "true or false"]);
  assert.deepEqual(Object.keys(named({ url: 5 })), ["url"]);
  assert.deepEqual(Object.keys(named({ urls: "http://u:s3cret@emqx", requestTimeout: 86_400_001 })).sort(), ["requestTimeout", "urls"]);
  new Cluster({ url: "http://emqx", auth: null, requestTimeout: 1, startTimeout: 86_400_000 });
  const { kind, message, context } = fail({ url: "ftp://u:s3cret@emqx", auth: { key: "k", secret: "s3cret" } });
  assert.equal(kind, "config_invalid");
  assert.doesNotMatch(message + JSON.stringify(context), /s3cret/);
});
