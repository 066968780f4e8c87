import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { auth, embedded, picture, QUICK, running, signIn, start, Visit } from "./browser.mjs";

/** @import { Embedded } from "./browser.mjs" */
/** @type {Visit} */
let visit;
/** @type {Embedded} */
let cluster;

before(async () => {
  visit = await Visit.begin();
  cluster = await embedded("--clients", "300,300,0", "--cors");
});
after(async () => {
  await cluster.stop();
  await visit.end();
});

test("a wrong secret is told, and kept nowhere", async () => {
  const page = await visit.open(QUICK);
  await signIn(page, cluster, "wrong-secret");
  await page.getByRole("alert").filter({ hasText: "The key or its secret is wrong" }).waitFor();
  await page.getByLabel("conn_evict_rate").fill("50");
  await page.waitForFunction(() => location.hash.includes("50"));
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href + document.cookie);
  assert(!kept.includes("wrong-secret") && !kept.includes(cluster.api_key), kept);
  await page.context().close();
});

test("a run is stopped, and EMQX has none left", async () => {
  const page = await visit.open(`${QUICK}&conn_evict_rate=1`);
  await signIn(page, cluster);
  await start(page);
  await page.locator(".journal").filter({ hasText: "evicting_conns" }).waitFor();
  await page.locator("#stop").click();
  await page.locator(".verdict b").filter({ hasText: "stopped" }).waitFor();
  await page.context().close();
  assert.deepEqual(await running(cluster), []);
});

test("a cluster is planned for, started, watched, and judged", async () => {
  const page = await visit.open(`${QUICK}&conn_evict_rate=40`);
  await signIn(page, cluster);
  const plan = page.getByRole("article", { name: "Plan level" });
  await plan.getByRole("list", { name: "Colours of the nodes" }).getByRole("listitem").nth(2).waitFor();
  await plan.getByRole("list", { name: "Phases in the strips" }).waitFor();
  await start(page);
  await page.locator(".journal").filter({ hasText: "evicting_conns" }).waitFor();
  await page.locator(".verdict b").filter({ hasText: "completed" }).waitFor();
  const runs = await page.getByRole("list", { name: "Runs" }).getByRole("listitem").allTextContents();
  assert(runs.length > 0 && runs.every((text) => /^(ended|not needed)/.test(text)), String(runs));
  assert(!(await page.locator("body").innerText()).includes("gone"));
  const [saved] = await Promise.all([page.waitForEvent("download"), page.locator("#save-report").click()]);
  assert.equal(saved.suggestedFilename(), "rebalance.html");
  assert.match(await readFile(await saved.path(), "utf8"), /✓ completed/);
  await page.screenshot({ path: picture("cluster-completed"), fullPage: true });
  assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuenow"), "100");
  assert.equal(await page.locator("#stop").isVisible(), false);
  await page.getByRole("button", { name: "Plan again" }).click();
  await page.locator("#cluster").getByText("Nothing to start").waitFor();
  assert.equal(await page.locator("#start").isDisabled(), true);
  await page.context().close();
  assert.deepEqual(await running(cluster), []);
});

test("somebody else's run is shown, and can be stopped", async () => {
  const other = await embedded("--clients", "300,300,0", "--cors");
  const fault = { type: "foreign_run", coordinator: "emqx@127.0.0.3", strategy: { conn_evict_rate: 1, wait_health_check: 600, abs_conn_threshold: 1 } };
  const names = await nodes(other);
  const answer = await fetch(other.faults, { method: "POST", headers: auth(other), body: JSON.stringify({ ...fault, coordinator: names.at(-1) }) });
  assert(answer.ok, await answer.text());
  const page = await visit.open(QUICK);
  await signIn(page, other);
  await page.getByText("A rebalance runs on").waitFor();
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByText("A rebalance runs on").waitFor({ state: "detached" });
  assert.deepEqual(await running(other), []);
  await page.context().close();
  await other.stop();
});

test("a cluster that allows no other pages is explained", async () => {
  const closed = await embedded("--clients", "30,0");
  const page = await visit.open(QUICK);
  const before = [...visit.complaints];
  await signIn(page, closed);
  const said = page.getByRole("alert").filter({ hasText: "The cluster did not answer" });
  await said.getByText("dashboard.cors = true").waitFor();
  await page.screenshot({ path: picture("cluster-no-cors"), fullPage: true });
  await page.context().close();
  await closed.stop();
  const own = visit.complaints.slice(before.length).filter((text) => !/CORS|ERR_FAILED/.test(text));
  assert.deepEqual(own, []);
  visit.complaints = before;
});

test("the demo cluster runs in the page", async () => {
  const page = await visit.open("#nodes=a@h:900,b@h:900,c@h:0&conn_evict_rate=50&wait_health_check=5&wait_takeover=5&load_balancer=round_robin");
  await page.getByRole("button", { name: "Cluster", exact: true }).click();
  await page.getByRole("button", { name: "Try the demo cluster" }).click();
  await page.getByLabel("Time passes").selectOption("20");
  await start(page);
  await page.locator(".verdict b").filter({ hasText: "completed" }).waitFor();
  await page.context().close();
});

test("the browser has nothing to complain about under the page's own policy", () => {
  assert.deepEqual(visit.complaints, []);
});

/** The names of the nodes. @param {Embedded} of */
async function nodes(of) {
  const answer = await fetch(`${of.urls[0]}/api/v5/nodes`, { headers: auth(of) });
  return /** @type {{ node: string }[]} */ (await answer.json()).map(({ node }) => node);
}
