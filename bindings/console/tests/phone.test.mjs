import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture, Visit } from "./browser.mjs";

/** @import { Page } from "playwright-core" */
/** @type {Visit} */
let visit;

before(async () => (visit = await Visit.begin()));
after(() => visit.end());

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** A middling phone on a slow fourth-generation network, as Lighthouse has them: a round trip of 150 ms, 1.6 Mbit/s, a processor a quarter as fast. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) * 0.9, uploadThroughput: (750e3 / 8) * 0.9 };
const SLOWER = 4;

/** Whether an element can be seen in the window. @param {Page} page @param {string} selector */
function isInView(page, selector) {
  return page.locator(selector).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return element.checkVisibility() && top >= 0 && bottom <= innerHeight;
  });
}

test("while a bar is dragged on a phone, what comes of it is on the screen", async () => {
  const page = await visit.open("", PHONE);
  const bar = page.getByRole("slider", { name: "Connections of emqx@10.0.0.4" });
  await bar.scrollIntoViewIfNeeded();
  const before = await page.locator("#glance").textContent();
  assert(before?.includes("level") && before.includes("2,340 disconnects"), String(before));
  const box = await bar.boundingBox();
  assert(box);
  await page.mouse.move(box.x + 7, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2, { steps: 5 });
  await page.waitForFunction((was) => document.getElementById("glance")?.textContent !== was, before);
  assert(await isInView(page, "#glance"));
  await page.screenshot({ path: picture("phone-dragging") });
  await page.mouse.up();
  await page.locator("#glance").tap();
  await page.waitForFunction(() => (document.getElementById("headline")?.getBoundingClientRect().top ?? 1e9) < innerHeight);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "results");
  await page.context().close();
});

test("on a desk the results stand beside the form, and are not said twice", async () => {
  const page = await visit.open();
  assert.equal(await isInView(page, "#glance"), false);
  assert(await isInView(page, "#headline"));
  await page.context().close();
});

test("a phone on a slow network sees the page, and then both plans", async () => {
  const context = await visit.browser.newContext(PHONE);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", NETWORK);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(`${visit.origin}/`, { waitUntil: "commit" });
  const planned = await page.waitForFunction(() => document.querySelectorAll("#plans .figures").length === 2 && performance.now(), undefined, { timeout: 60_000 });
  const painted = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  const seconds = [painted, Number(await planned.jsonValue())].map((ms) => ms / 1000);
  console.log(`phone, 1.6 Mbit/s, ${SLOWER} times slower: page after ${seconds[0]?.toFixed(1)} s, both plans after ${seconds[1]?.toFixed(1)} s, ${Math.round(bytes / 1000)} kB`);
  assert(painted > 0 && (seconds[0] ?? 0) <= (seconds[1] ?? 0));
  // The planner is most of it, and is fetched once for the page and both its workers; what asks a cluster is not.
  assert(bytes < MOST_BYTES, String(bytes));
  await context.close();
});

/** What the page without a cluster may weigh on the wire. */
const MOST_BYTES = 290_000;

test("the browser has nothing to complain about", () => {
  assert.deepEqual(visit.complaints, []);
});
