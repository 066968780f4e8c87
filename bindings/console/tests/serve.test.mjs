import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { get } from "node:http";
import { once } from "node:events";
import { serve } from "../serve.mjs";

/** @import { IncomingMessage, Server } from "node:http" */
/** @type {Server} */
let server;

before(async () => (server = await serve(0)));
after(() => server.close());

/** Asks for a path as it is, where `fetch` would mend it. @param {string} path @returns {Promise<IncomingMessage>} */
async function ask(path) {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const [answer] = await once(get({ host: "127.0.0.1", port, path }), "response");
  answer.resume();
  return answer;
}

test("a path that is none is refused, and the server goes on", async () => {
  for (const path of ["/%", "/%ff", "//"]) assert.equal((await ask(path)).statusCode, 400, path);
  for (const path of ["/nothing", "/%00", "/../serve.mjs", "/%2e%2e/serve.mjs"]) assert.equal((await ask(path)).statusCode, 404, path);
  assert.equal((await ask("/")).statusCode, 200);
});

test("the page's policy is a header, too, and nobody may frame the page", async () => {
  for (const path of ["/", "/js/planner-worker.js"]) {
    const policy = String((await ask(path)).headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    assert.match(policy, /; frame-ancestors 'none'$/);
  }
});
