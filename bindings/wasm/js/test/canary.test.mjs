// Secrets are planted wherever a user may give one, and looked for in all that comes out.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { inspect } from "node:util";
import { Cluster } from "../../npm/esm/node.js";
import { embedded } from "./embedded.mjs";
import { serve } from "./server.mjs";

const list = JSON.parse(await readFile(new URL("../../../../tests/canary/secrets.json", import.meta.url)));
const canaries = Object.values(list.secrets);
const quick = { conn_evict_rate: 60, wait_health_check: 0, wait_takeover: 1, abs_conn_threshold: 5, rel_conn_threshold: 1.01 };

/** Every way to say who asks. */
const ways = [
  { key: list.api_key, secret: list.secrets.api_secret },
  { username: list.username, password: list.secrets.password },
  { token: list.secrets.token },
];

/** All that a console, a log or a file can hold of a value. */
const shown = (value) =>
  [
    inspect(value, { depth: 12, showHidden: true, getters: true }),
    JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner)) ?? "",
    String(value),
    value?.stack ?? "",
  ].join("\n");

const noneIn = (what, value, secrets = canaries) => {
  const text = shown(value);
  for (const secret of secrets) {
    const encoded = [0, 1, 2].map((offset) => btoa(" ".repeat(offset) + secret).slice(offset > 0 ? 4 : 0, -4));
    for (const form of [secret, ...encoded]) assert.ok(!text.includes(form), `a secret is in ${what}: ${text.slice(0, 500)}`);
  }
};

const refusal = async (act) => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return assert.fail("it was not refused");
};

test("a rebalance leaves no secret anywhere", { timeout: 60_000 }, async (t) => {
  const access = await embedded("--clients", "300,300,0");
  t.after(() => access.close());
  const secrets = [access.auth.secret];
  const cluster = new Cluster({ urls: access.urls, auth: access.auth });
  const plan = await cluster.plan({ mode: "level", ...quick });
  const states = [];
  const run = await cluster.start(plan, { store: (state) => void states.push(state) });
  const seen = [];
  for await (const event of run.events()) seen.push(event);
  assert.equal(run.outcome.result, "completed", run.outcome.detail);
  for (const [what, value] of Object.entries({ cluster, plan, run, states, seen, status: run.status, record: run.record })) {
    noneIn(what, value, secrets);
  }
});

test("who is refused is not told by what", { timeout: 60_000 }, async (t) => {
  const access = await embedded("--clients", "1,0");
  t.after(() => access.close());
  for (const auth of ways) {
    const cluster = new Cluster({ urls: access.urls, auth });
    const error = await refusal(() => cluster.snapshot());
    assert.equal(error.kind, "unauthorized");
    noneIn("the error", error);
    noneIn("the cluster", cluster);
  }
});

test("a server that repeats what it was asked gets no secret into an error", async (t) => {
  const { url, close } = await serve((request, response) => {
    const asked = request.headers.authorization ?? "";
    request.resume().on("end", () => response.writeHead(500).end(`you said ${asked} ${atob(asked.split(" ")[1] ?? "")}`));
  });
  t.after(close);
  for (const auth of ways.filter(({ secret }) => secret)) {
    noneIn("the error", await refusal(() => new Cluster({ url, auth }).snapshot()));
  }
});

test("what is refused at once shows no secret", async () => {
  const { api_secret: secret, url_password: password, token } = list.secrets;
  const wrong = [
    { auth: { secret } },
    { auth: { key: list.api_key, secret, token } },
    { auth: { key: list.api_key, secret: [secret] } },
    { auth: { key: 5, secret } },
    { auth: secret },
    { auth: { key: list.api_key, secret }, timeout: "soon" },
    { url: `http://user:${password}@127.0.0.1:1` },
  ];
  for (const options of wrong) {
    noneIn("the error", await refusal(() => new Cluster({ url: "http://127.0.0.1:1", ...options }).snapshot()));
  }
});
