import assert from "node:assert/strict";
import test, { before } from "node:test";
import * as raw from "../../npm/esm/generated/emqx_rebalance_wasm.js";
import * as api from "../../npm/esm/node.js";
import { files, native, vectors } from "./vector-files.mjs";
import { compare, FILES, run } from "./vectors.mjs";

before(() => api.init());

test("every file is run", async () => {
  assert.deepEqual(await files(), Object.keys(FILES).sort());
});

for (const file of Object.keys(FILES)) {
  test(`${file} is what the package gives`, async () => {
    const whole = await vectors(file);
    assert.ok(whole.cases.length > 0, "no vectors found");
    assert.equal(run(file, whole, raw, api), whole.cases.length);
  });
}

test("every call has the text that native Rust gives, to the byte", async () => {
  const cases = JSON.parse(native());
  assert.ok(cases.length > 0, "no vectors found");
  assert.equal(compare(cases, raw, api), cases.length);
});
