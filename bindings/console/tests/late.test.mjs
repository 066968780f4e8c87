// Plans that come late, runs that are left, connections that are given up: what is shown stays true.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auth, embedded, QUICK, running, signIn, start, Visit } from "./browser.mjs";

/** @import { Embedded } from "./browser.mjs" */
/** @import { Page } from "playwright-core" */
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

test("a plan that comes late replaces no run, and starts none", async () => {
  const page = await visit.open(`${QUICK}&conn_evict_rate=1`);
  const starts = requests(page, /load_rebalance\/[^/]+\/start/);
  await signIn(page, cluster);
  await page.locator("#start:enabled").waitFor();
  const held = await hold(page, STATUS, AFTER_PLAN);
  await page.locator("#plan-again").click();
  await held.came;
  await start(page);
  await page.locator(".journal").filter({ hasText: "evicting_conns" }).waitFor();
  await held.letGo();
  await settled(page);
  assert.equal(await page.locator("#stop").isVisible(), true);
  assert.equal(await page.locator("#start").count(), 0);
  await page.locator("#stop").click();
  await page.locator(".verdict b").filter({ hasText: "stopped" }).waitFor();
  assert(starts.length > 0);
  assert.equal(new Set(starts).size, starts.length);
  // Whatever the page meant to do about the changed option, it has done by then.
  await page.getByLabel("conn_evict_rate").fill("2");
  await settled(page);
  assert.equal(await page.locator(".verdict").isVisible(), true);
  await page.getByRole("button", { name: "Plan again" }).click();
  await page.locator("#start:enabled").waitFor();
  await page.context().close();
});

test("the plan for older options never wins, and one for others cannot be started", async () => {
  const page = await visit.open(QUICK);
  await signIn(page, cluster);
  await page.locator("#start:enabled").waitFor();
  const held = await hold(page, STATUS, AFTER_PLAN);
  await page.getByLabel("conn_evict_rate").fill("7");
  assert.equal(await page.locator("#start").isDisabled(), true);
  await held.came;
  await page.getByLabel("conn_evict_rate").fill("11");
  const newest = await page.waitForSelector("#start:enabled");
  await held.letGo();
  await settled(page);
  assert.equal(await newest.evaluate((button) => button.isConnected), true);
  await page.context().close();
});

test("a cluster is asked for no plan while nobody looks at it", async () => {
  const page = await visit.open(QUICK);
  await signIn(page, cluster);
  await page.locator("#start:enabled").waitFor();
  await page.getByRole("button", { name: "What if" }).click();
  const asked = requests(page, /global_status/);
  await page.getByLabel("conn_evict_rate").fill("13");
  await settled(page);
  assert.deepEqual(asked, []);
  await page.getByRole("button", { name: "Cluster", exact: true }).click();
  await page.locator("#start:enabled").waitFor();
  assert(asked.length > 0);
  await page.context().close();
});

test("whoever disconnects leaves the run: nothing is asked with the key any more", async () => {
  const page = await visit.open(`${QUICK}&conn_evict_rate=1`);
  await signIn(page, cluster);
  await start(page);
  await page.locator(".journal").filter({ hasText: "evicting_conns" }).waitFor();
  const held = await hold(page, "**/api/v5/**");
  await held.came;
  const taken = page.waitForEvent("requestfailed", (request) => request.url() === held.url());
  await page.getByRole("button", { name: "Disconnect" }).click();
  await taken;
  await page.getByRole("button", { name: "Try the demo cluster" }).waitFor();
  await held.letGo();
  await page.context().close();
  assert.notDeepEqual(await running(cluster), []);
  await stop();
  assert.deepEqual(await running(cluster), []);
});

test("an attempt to connect can be given up, and a failure after the plan connects nobody", async () => {
  const page = await visit.open(QUICK);
  const held = await hold(page, STATUS, AFTER_PLAN);
  await signIn(page, cluster);
  await held.came;
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Connect", exact: true }).and(page.locator(":enabled")).waitFor();
  assert.equal(await page.locator("#sign-in").getByText("Connected to").count(), 0);
  assert.equal(await page.locator("#sign-in [role=alert]").count(), 0);
  await held.letGo();
  const refused = await hold(page, STATUS, AFTER_PLAN);
  await signIn(page, cluster);
  await refused.came;
  await refused.answer({ status: 403, headers: { "access-control-allow-origin": "*" }, body: "{}" });
  await page.getByRole("alert").filter({ hasText: "The key may not do this" }).waitFor();
  assert.equal(await page.locator("#sign-in").getByText("Connected to").count(), 0);
  await signIn(page, cluster);
  await page.locator("#sign-in").getByText("Connected to").waitFor();
  await page.context().close();
});

test("focus follows what replaces its control, and what happens is told", async () => {
  const page = await visit.open(`${QUICK}&conn_evict_rate=40`);
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const said = (/** @type {RegExp} */ text) => page.locator("#said").filter({ hasText: text }).waitFor({ state: "attached" });
  await signIn(page, cluster);
  await said(/^Connected to http/);
  assert.equal(await focused(), "Connection");
  await start(page);
  await said(/in .*(wait_health_check|evicting_conns)/);
  assert.equal(await focused(), "Rebalancing");
  await said(/^(completed|already_balanced|stopped)/);
  await page.getByRole("button", { name: "Plan again" }).click();
  await page.locator("#start").waitFor();
  assert.equal(await focused(), "level");
  await page.context().close();
});

/** What is asked for once by a plan, and once more for what runs. */
const STATUS = "**/load_rebalance/global_status";
const AFTER_PLAN = 1;

/** Holds a request to `url` until it is let go: that which comes after so many; the others pass. @param {Page} page @param {string} url @param {number} [after] */
async function hold(page, url, after = 0) {
  /** @type {import("playwright-core").Route | undefined} */
  let held;
  const came = /** @type {Promise<void>} */ (new Promise((resolve) => {
    let passed = 0;
    void page.route(url, async (route) => {
      if (passed++ < after) return await route.continue();
      held = route;
      resolve();
    }, { times: after + 1 });
  }));
  // It may have been taken back by then.
  const letGo = () => held?.continue().catch(() => undefined);
  /** @param {{ status: number, headers: Record<string, string>, body: string }} answer */
  const answer = (answer) => held?.fulfill(answer);
  return { came, url: () => held?.request().url(), letGo, answer };
}

/** The URLs of requests from now on. @param {Page} page @param {RegExp} url */
function requests(page, url) {
  /** @type {string[]} */
  const found = [];
  page.on("request", (request) => request.method() !== "OPTIONS" && url.test(request.url()) && found.push(request.url()));
  return found;
}

/** Waits until the page's own pause after a change is over: a timer that is set later, for longer, ends later. @param {Page} page */
function settled(page) {
  return page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 450)));
}

/** Has EMQX stop what runs. */
async function stop() {
  for (const { coordinator_node: name } of await running(cluster)) {
    const answer = await fetch(`${cluster.urls[0]}/api/v5/load_rebalance/${name}/stop`, { method: "POST", headers: auth(cluster) });
    assert(answer.ok, await answer.text());
  }
}
