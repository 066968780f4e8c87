import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test, { before } from "node:test";
import { Cluster, init } from "../../npm/esm/node.js";
import { serve } from "./server.mjs";

before(() => init());

/** Asks a server that answers by `handler` for a snapshot. */
async function ask(t, handler, options = {}, call = {}) {
  const { url, close } = await serve(handler);
  t.after(close);
  return new Cluster({ url, auth: { token: "t" }, ...options }).snapshot(call);
}

const answers = [
  ["HTML", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>"), "protocol"],
  ["JSON that stops", (_, response) => response.writeHead(200).end('{"data": ['), "protocol"],
  ["bytes that are no text", (_, response) => response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00])), "protocol"],
  ["a body shorter than it says", (_, response) => response.writeHead(200, { "content-length": "100" }).write("{}", () => response.destroy()), "protocol"],
  ["403", (_, response) => response.writeHead(403).end("{}"), "forbidden"],
  ["401", (_, response) => response.writeHead(401).end("{}"), "unauthorized"],
  ["a redirect", (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "unreachable"],
  ["a connection that is cut", (request) => request.socket.destroy(), "unreachable"],
  ["silence", () => {}, "timeout", { requestTimeout: 300 }],
  ["half a body and silence", (_, response) => response.writeHead(200).write("{"), "timeout", { requestTimeout: 300 }],
];

for (const [name, handler, kind, options] of answers) {
  test(`${name} is ${kind}`, { timeout: 60_000 }, async (t) => {
    await assert.rejects(ask(t, handler, options), (error) => {
      assert.equal(error.name, "RebalanceError", error.stack);
      assert.equal(error.kind, kind, error.message);
      assert.ok(error.message.length < 2000);
      return true;
    });
  });
}

test("a body without end is given up after 4 MiB", { timeout: 30_000 }, async (t) => {
  let sent = 0;
  const endless = (_, response) => {
    response.writeHead(200);
    const block = Buffer.alloc(65536, "x");
    const more = () => {
      if (response.destroyed) return;
      sent += block.length;
      response.write(block, more);
    };
    more();
  };
  await assert.rejects(ask(t, endless), { kind: "protocol" });
  // Every try is cut; what the sockets buffer comes on top.
  assert.ok(sent < 64 * 2 ** 20, String(sent));
});

test("an abort ends a question at once with its reason, and leaves nothing behind", { timeout: 30_000 }, async (t) => {
  const abort = new AbortController();
  let isClosed;
  const closed = new Promise((resolve) => (isClosed = resolve));
  const silent = (_, response) => {
    response.on("close", isClosed);
    abort.abort(new Error("enough"));
  };
  await assert.rejects(ask(t, silent, { requestTimeout: 60_000 }, { signal: abort.signal }), { message: "enough" });
  await closed;
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
  await assert.rejects(ask(t, silent, {}, { signal: abort.signal }), { message: "enough" });
});

test("a fetch that throws anything is unreachable", { timeout: 30_000 }, async () => {
  for (const thrown of [new TypeError("no"), "text", undefined]) {
    const fetch = () => Promise.reject(thrown);
    const cluster = new Cluster({ url: "/proxy/1", fetch });
    await assert.rejects(cluster.snapshot(), { kind: "unreachable" });
  }
});

test("a path alone is a URL, as pages have it", { timeout: 30_000 }, async () => {
  const seen = [];
  const fetch = (url, { headers }) => {
    seen.push([url, headers.authorization]);
    return Promise.resolve(new Response("", { status: 403 }));
  };
  await assert.rejects(new Cluster({ url: "/api/datasources/proxy/uid/x", fetch }).snapshot(), { kind: "forbidden" });
  assert.match(seen[0][0], /^\/api\/datasources\/proxy\/uid\/x\/api\/v5\//);
  assert.equal(seen[0][1], undefined);
});
