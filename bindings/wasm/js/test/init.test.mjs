import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { init, plan } from "../../npm/esm/node.js";

test("an abort ends the wait for the WebAssembly of who gave it, and nobody else's", async () => {
  const aborted = AbortSignal.abort(new Error("too late"));
  await assert.rejects(init(undefined, { signal: aborted }), { message: "too late" });
  const abort = new AbortController();
  let arrive;
  const source = new Promise((resolve) => (arrive = resolve));
  const first = init(source, { signal: abort.signal });
  const second = init();
  abort.abort(new Error("enough"));
  await assert.rejects(first, { message: "enough" });
  arrive(await readFile(new URL("../../npm/wasm/emqx_rebalance_wasm_bg.wasm", import.meta.url)));
  await second;
  assert.equal(plan({ snapshot: { nodes: [{ node: "a@b" }] } }).decision, "nothing_to_balance");
});
