import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, plan, RebalanceError } from "../../wasm/npm/esm/planner-node.js";
import { fromHash, toHash } from "../page/js/link.js";

before(() => init());

const nodes = [{ node: "emqx@a", connections: 3000 }, { node: "emqx@b,c;d", connections: 5, weight: 2, role: /** @type {const} */ ("core") }, { node: "emqx@d", connections: 0 }];

/** The names of all options but those that stand elsewhere, `weights` at the nodes, and what a bad one must be, as the planner says. @returns {Map<string, string>} */
function options() {
  const unknown = complaints({ unknown: 1 })[0]?.bound ?? "";
  const names = (/are (.*)$/.exec(unknown)?.[1] ?? "").split(", ").filter((name) => !["mode", "weights"].includes(name));
  const bad = complaints(Object.fromEntries(names.map((name) => [name, true])));
  return new Map(bad.map(({ field, bound }) => [field, bound]));
}

/** @param {Record<string, unknown>} asked */
function complaints(asked) {
  try {
    plan({ snapshot: { nodes }, ...asked });
  } catch (error) {
    if (error instanceof RebalanceError) return error.problems;
  }
  throw new Error("was taken");
}

/** A good value for an option of which the planner says this. @param {string} bound */
function sample(bound) {
  if (bound.startsWith("a list")) return ["emqx@a", "emqx@b,c;d"];
  if (bound.startsWith("a node")) return "emqx@b,c;d";
  if (bound.startsWith("one of")) return bound.replace("one of ", "").split(", ")[0] ?? "";
  return bound.includes("share") ? "0.5" : bound.includes("more than 1") ? "1.5" : "20";
}

test("every option comes through a link as it was", () => {
  const known = options();
  assert(known.size >= 20, [...known].join("; "));
  for (const [name, bound] of known) {
    const asked = { nodes, options: { [name]: sample(bound) } };
    const read = fromHash(toHash(asked));
    assert.deepEqual(read, asked, name);
    plan({ snapshot: { nodes }, ...read?.options });
  }
});

test("all options at once come through a link, and the readable form of nodes stays", () => {
  const all = Object.fromEntries([...options()].map(([name, bound]) => [name, sample(bound)]));
  const hash = toHash({ nodes, options: all });
  assert.match(hash, /^#nodes=emqx@a:3000,emqx@b%2Cc%3Bd:5;weight=2;role=core,emqx@d:0&/);
  assert.deepEqual(fromHash(hash), { nodes, options: all });
});
