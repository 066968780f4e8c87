import axe from "axe-core";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture, Visit } from "./browser.mjs";

/** @import { Page } from "playwright-core" */
/** @type {Visit} */
let visit;

before(async () => (visit = await Visit.begin()));
after(() => visit.end());

const SIZES = { desk: { width: 1440, height: 960 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };

/** What axe finds wrong. It is run by the browser's debugger, which the page's policy does not concern. @param {Page} page */
async function violations(page) {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  return found.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ node) => node.html).join(" ")}`);
}

/** Whether nothing is wider than the window. @param {Page} page */
function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    test(`${size}, ${colorScheme}: nothing for axe to complain about, nothing too wide`, async () => {
      const page = await visit.open("", { viewport, colorScheme });
      await page.getByText("When EMQX stops: connections").click();
      await page.getByText("How clients come back", { exact: true }).click();
      await page.getByLabel("reconnect", { exact: true }).selectOption("mobile_fleet");
      await page.getByText("Every node, and every run").first().click();
      assert.deepEqual(await violations(page), []);
      assert(await fits(page));
      await page.screenshot({ path: picture(`what-if-${size}-${colorScheme}`), fullPage: true });
      await page.getByRole("button", { name: "Cluster", exact: true }).click();
      await page.getByRole("button", { name: "Try the demo cluster" }).click();
      await page.locator("#start").waitFor();
      assert.deepEqual(await violations(page), []);
      assert(await fits(page));
      await page.screenshot({ path: picture(`plan-${size}-${colorScheme}`), fullPage: true });
      await page.locator("#start").click();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press("Escape");
      await page.context().close();
    });
  }
}

test("the theme is chosen, and kept without a flash", async () => {
  const page = await visit.open("", { colorScheme: "light" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.locator("#theme").click();
  await page.locator("#theme").click();
  assert.notEqual(await paper(), light);
  await page.reload();
  assert.equal(await page.locator("#theme").textContent(), "Theme: dark");
  await page.context().close();
});

test("the keyboard goes through the page in the order of reading", async () => {
  const page = await visit.open();
  /** @type {string[]} */
  const order = [];
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id ?? ""));
  }
  const steps = ["share", "theme", "example", "edit-json", "Name of node 1", "Connections of emqx@10.0.0.1, as a number", "Remove emqx@10.0.0.1", "Connections of emqx@10.0.0.1"];
  const found = steps.map((step) => order.indexOf(step));
  assert(found.every((at, i) => at > (found[i - 1] ?? -1)), JSON.stringify(order));
  await page.context().close();
});

test("nothing jumps when plans arrive or change", async () => {
  const page = await visit.open("", { viewport: SIZES.desk });
  const shift = await page.evaluate(async () => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += /** @type {any} */ (entry).value))).observe({ type: "layout-shift", buffered: true });
    const bar = /** @type {HTMLElement} */ (document.querySelector(".bar"));
    for (let i = 0; i < 20; i += 1) {
      bar.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return sum;
  });
  assert(shift < 0.1, String(shift));
  await page.context().close();
});

test("the browser has nothing to complain about under the page's own policy", () => {
  assert.deepEqual(visit.complaints, []);
});
