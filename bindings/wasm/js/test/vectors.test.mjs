import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import * as api from "../../npm/esm/node.js";
import * as planner from "../../npm/esm/planner-node.js";
import { files, native, vectors } from "./vector-files.mjs";
import { compare, FILES, run } from "./vectors.mjs";

// The modules below the package, which node has for `import` too.
const require = createRequire(import.meta.url);
const raw = require("../../npm/cjs/generated/emqx_rebalance_wasm.js");
const small = require("../../npm/cjs/generated/emqx_rebalance_planner_wasm.js");
await Promise.all([api.init(), planner.init()]);

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
  assert.equal(compare(cases, small, planner), cases.length);
});
