import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { moved, pointsOf, textOf, wishes, withOneMore } from "../page/js/profile.js";
import { Visit } from "./browser.mjs";

/** @import { Page } from "playwright-core" */
/** @type {Visit} */
let visit;

before(async () => (visit = await Visit.begin()));
after(() => visit.end());

const FULL = "#nodes=a@h:1000,b@h:600,c@h:0,d@h:0,e@h:0&conn_evict_rate=50&wait_health_check=5s&wait_takeover=5s&load_balancer=round_robin&abs_conn_threshold=10";

test("points are moved as far as the others let them", () => {
  /** @type {[number, number][]} */
  const points = [[1, 0], [2, 0.5], [10, 0.9]];
  assert.deepEqual(moved(points, 1, [4, 0.6]), [[1, 0], [4, 0.6], [10, 0.9]]);
  assert.deepEqual(moved(points, 1, [0, 1]), [[1, 0], [1, 0.9], [10, 0.9]]);
  assert.deepEqual(moved(points, 2, [1e9, -1]), [[1, 0], [2, 0.5], [86_400, 0.5]]);
  assert.deepEqual(moved([[1, 1]], 0, [-1, 0]), [[0, 0.01]]);
  assert.deepEqual(withOneMore([[1, 0], [2, 0.5], [60, 1]]), [[1, 0], [2, 0.5], [31, 0.75], [60, 1]]);
});

test("a name and a profile in full have points, and the planner is told an object", () => {
  assert.deepEqual(pointsOf("mqtt_js"), [[1, 0], [1.5, 1]]);
  assert.deepEqual(pointsOf(textOf([[3, 1]])), [[3, 1]]);
  for (const text of ["", "1m30s", "{", '{"points":7}', '{"points":[[1]]}']) assert.equal(pointsOf(text), undefined, text);
  assert.deepEqual(wishes({ reconnect: textOf([[3, 1]]), mode: "level" }), { reconnect: { points: [[3, 1]] }, mode: "level" });
  for (const options of [{ reconnect: "mqtt_js" }, { reconnect: "{" }, {}]) assert.deepEqual(wishes(options), options);
});

/** Opens the group of the form. @param {string} hash */
async function open(hash) {
  const page = await visit.open(hash);
  await page.getByText("How clients come back", { exact: true }).click();
  return { page, field: page.getByLabel("reconnect", { exact: true }) };
}

/** Disconnects of EMQX's own run. @param {Page} page */
function disconnects(page) {
  return page.getByRole("article", { name: "Plan single" }).locator(".figures > div").filter({ hasText: "Disconnects" }).locator("b");
}

/** Waits until a figure is another. @param {Page} page @param {string | null} was */
async function replanned(page, was) {
  await disconnects(page).filter({ hasNotText: new RegExp(`^${was}$`) }).waitFor();
}

test("a preset is chosen, and the plans follow", async () => {
  const { page, field } = await open(FULL);
  const was = await disconnects(page).textContent();
  assert(await page.locator(".profile").isHidden());
  await field.selectOption("esp_mqtt");
  await replanned(page, was);
  await page.getByRole("slider", { name: "Point 2 of 2" }).waitFor();
  await page.waitForFunction(() => location.hash.includes("reconnect=esp_mqtt"));
  await page.getByRole("button", { name: "Defaults" }).click();
  await page.locator(".profile").waitFor({ state: "hidden" });
  assert.equal(await field.inputValue(), "");
  await page.context().close();
});

test("a point is dragged by mouse, which makes the curve one's own, and a link keeps it", async () => {
  const { page, field } = await open(`${FULL}&reconnect=mobile_fleet`);
  const was = await disconnects(page).textContent();
  const point = page.getByRole("slider", { name: "Point 2 of 5" });
  await point.hover();
  const box = await point.boundingBox();
  assert(box);
  await page.mouse.down();
  await page.mouse.move(box.x + 40, box.y + 25, { steps: 6 });
  await page.mouse.up();
  assert.match((await point.getAttribute("aria-valuetext")) ?? "", /^[1-5]?\d % back after \d/);
  assert.equal(await field.locator("option:checked").textContent(), "points of its own");
  await replanned(page, was);
  await page.waitForFunction(() => location.hash.includes("points"));
  const other = await open(new URL(page.url()).hash);
  const same = other.page.getByRole("slider", { name: "Point 2 of 5" });
  assert.equal(await same.getAttribute("aria-valuetext"), await point.getAttribute("aria-valuetext"));
  await Promise.all([page, other.page].map((one) => one.context().close()));
});

test("points are moved, added and removed by the keyboard", async () => {
  const { page } = await open(`${FULL}&reconnect=mqtt_js`);
  const last = page.getByRole("slider", { name: "Point 2 of 2" });
  await last.focus();
  await last.press("Shift+ArrowDown");
  assert.equal(await last.getAttribute("aria-valuetext"), "90 % back after 1.5 s");
  await last.press("ArrowRight");
  assert.equal(await last.getAttribute("aria-valuetext"), "90 % back after 1.6 s");
  await last.press("ArrowUp");
  assert.equal(await last.getAttribute("aria-valuenow"), "91");
  assert(await last.evaluate((node) => node === document.activeElement));
  await page.getByRole("button", { name: "+ Add a point" }).press("Enter");
  await page.getByRole("slider", { name: "Point 3 of 3" }).waitFor();
  await page.getByRole("button", { name: "Remove the last" }).press("Enter");
  await page.getByRole("slider", { name: "Point 2 of 2" }).waitFor();
  await page.context().close();
});

test("a time of a link stays, and what is wrong with points is said at the field", async () => {
  const { page, field } = await open(`${FULL}&reconnect=1m30s`);
  assert.equal(await field.locator("option:checked").textContent(), "1m30s");
  const bad = `${FULL}&reconnect=${encodeURIComponent('{"points":[[2,0],[1,1]]}')}`;
  await page.evaluate((hash) => (location.hash = hash), bad);
  await page.locator("#option-reconnect-hint").filter({ hasText: "Must be a number of seconds from 2" }).waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await page.context().close();
});
