import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { env } from "node:process";
import test from "node:test";
import * as raw from "../../npm/esm/generated/emqx_rebalance_wasm.js";
import * as api from "../../npm/esm/node.js";
import { compare } from "./reference.mjs";

const vectors = new URL("../../../../tests/vectors/single.json", import.meta.url);

test("every vector has the text that native Rust gives, to the byte", async () => {
  await api.init();
  const cases = JSON.parse(execFileSync(env.REFERENCE, [vectors.pathname], { maxBuffer: 2 ** 30 }));
  assert.ok(cases.length > 0, "no vectors found");
  assert.equal(compare(cases, raw, api), cases.length);
});

test("the forecasts are those of the independent program that made the vectors", async () => {
  await api.init();
  const { cases } = JSON.parse(await readFile(vectors, "utf8"));
  assert.ok(cases.length > 0, "no vectors found");
  for (const { name, nodes, strategy, expect } of cases) {
    const { decision, forecast, donors } = api.plan({ snapshot: { nodes }, strategy, reconnect_delay_s: 0, load_balancer: "round_robin" });
    assert.equal(decision, expect.decision, name);
    assert.deepEqual([...donors].sort(), [...expect.donors].sort(), name);
    assert.equal(forecast.disconnects, expect.disconnects ?? 0, name);
  }
});
