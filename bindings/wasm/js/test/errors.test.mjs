import assert from "node:assert/strict";
import test from "node:test";
import { Cluster, init, plan, RebalanceError } from "../../npm/esm/node.js";

const nodes = [{ node: "emqx@a", connections: 3000 }, { node: "emqx@b" }];

test("calls before init say what is missing", () => {
  assert.throws(() => plan({}), { name: "RebalanceError", kind: "config_invalid", message: /await init\(\)/ });
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
  assert.match(fail({}).message, /urls/);
  assert.match(fail({ url: "emqx", ulr: 1 }).message, /ulr/);
  const { kind, message, context } = fail({ url: "ftp://u:s3cret@emqx", auth: { key: "k", secret: "s3cret" } });
  assert.equal(kind, "config_invalid");
  assert.doesNotMatch(message + JSON.stringify(context), /s3cret/);
});
