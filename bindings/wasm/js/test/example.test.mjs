// The job of examples/js, as it is run by cron: with the package installed beside it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { embedded } from "./embedded.mjs";
import { serve } from "./server.mjs";

let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "emqx-rebalance-example-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(fileURLToPath(new URL("../../npm", import.meta.url)), join(folder, "node_modules/emqx-rebalance"));
  await cp(fileURLToPath(new URL("../../../../examples/js", import.meta.url)), folder, { recursive: true });
});

after(() => rm(folder, { recursive: true, force: true }));

/** Runs the job; gives its exit code and what it said. */
async function job(env, ...args) {
  const child = spawn(execPath, ["scale-out.mjs", ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const stream of Object.keys(said)) child[stream].on("data", (chunk) => (said[stream] += chunk));
  const [code] = await once(child, "close");
  return { code, ...said };
}

const access = ({ urls, auth }) => ({ EMQX_URL: urls.join(","), EMQX_API_KEY: auth.key, EMQX_API_SECRET: auth.secret });

test("the job levels a cluster, tells the webhook, writes the report, and then has nothing to do", { timeout: 120_000 }, async (t) => {
  const cluster = await embedded("--clients", "300,300,0");
  const told = [];
  const hook = await serve(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    told.push(JSON.parse(text));
    response.end();
  });
  t.after(cluster.close);
  t.after(hook.close);
  const env = { ...access(cluster), WEBHOOK: hook.url, RATE: "100", WAIT: "1s", MAX_DISCONNECTS: "250" };
  const { code, stdout, stderr } = await job(env, "report.html");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^completed: /);
  assert.equal(told.at(-1).outcome.result, "completed");
  assert.ok(told.some(({ phase, to_move }) => phase === "Processing" && to_move > 150), JSON.stringify(told[0]));
  const report = await readFile(join(folder, "report.html"), "utf8");
  assert.match(report, /<h1>Rebalance of 3 nodes<\/h1>/);
  assert.match(report, /✓ completed/);
  assert.deepEqual((await job(env)).code, 0);
});

test("the job's exit codes say what to do about it", { timeout: 120_000 }, async (t) => {
  const cluster = await embedded("--clients", "300,0");
  t.after(cluster.close);
  const env = { ...access(cluster), WAIT: "1s" };
  const codes = [
    [{ ...env, EMQX_URL: "" }, 2, /`urls`/],
    [{ ...env, RATE: "0" }, 2, /`conn_evict_rate`/],
    [{ ...env, MAX_DISCONNECTS: "few" }, 2, /`max_disconnects`/],
    [{ ...env, EMQX_API_SECRET: "wrong" }, 3, /^unauthorized/],
    [{ ...env, EMQX_URL: "http://127.0.0.1:9" }, 3, /^unreachable/],
    [{ ...env, MAX_DISCONNECTS: "20" }, 1, /^Error: \d+ clients would be disconnected, of at most 20/],
    // A webhook that is not there is no reason to stop.
    [{ ...env, RATE: "100", MAX_DISCONNECTS: "1.5x", WEBHOOK: "http://127.0.0.1:9" }, 0, /webhook did not answer/],
  ];
  for (const [env, code, said] of codes) {
    const done = await job(env);
    assert.equal(done.code, code, JSON.stringify(done));
    assert.match(done.stderr, said);
  }
});
