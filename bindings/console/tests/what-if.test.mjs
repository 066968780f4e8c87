import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { embedded, PROGRAM, Visit } from "./browser.mjs";

/** @import { Page } from "playwright-core" */
/** @type {Visit} */
let visit;

before(async () => (visit = await Visit.begin()));
after(() => visit.end());

const SKEWED = "#nodes=a@h:1000,b@h:600,c@h:0,d@h:0,e@h:0&conn_evict_rate=50&wait_health_check=5s&wait_takeover=5s&load_balancer=round_robin";

/** A figure of a plan as text, such as "2,340". @param {Page} page @param {string} mode @param {string} name */
function figure(page, mode, name) {
  const entry = page.getByRole("article", { name: `Plan ${mode}` }).locator(".figures > div").filter({ hasText: name });
  return entry.locator("b");
}

/** Waits until something reads otherwise than it did. @param {import("playwright-core").Locator} locator @param {() => Promise<void>} work */
async function changes(locator, work) {
  const was = await locator.textContent();
  await work();
  const element = await locator.elementHandle();
  assert(element);
  await locator.page().waitForFunction(([node, text]) => /** @type {Node} */ (node).textContent !== text || !(/** @type {Node} */ (node).isConnected), /** @type {[unknown, unknown]} */ ([element, was]));
}

test("it opens with the example of the article, forecast as by EMQX's rules", async () => {
  const page = await visit.open();
  assert.equal(await figure(page, "single", "Disconnects").textContent(), "2,340");
  const level = await figure(page, "level", "Fullest").textContent();
  const single = await figure(page, "single", "Fullest").textContent();
  assert(parseFloat(level ?? "") < parseFloat(single ?? ""), `${level} ${single}`);
  await page.context().close();
});

test("a bar is dragged by mouse, and the plans follow", async () => {
  const page = await visit.open(SKEWED);
  const bar = page.getByRole("slider", { name: "Connections of c@h" });
  const box = await bar.boundingBox();
  assert(box);
  await changes(figure(page, "level", "Disconnects"), async () => {
    await page.mouse.move(box.x + 7, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 8 });
    await page.mouse.up();
  });
  const now = Number(await bar.getAttribute("aria-valuenow"));
  assert(now > 500 && now < 1000, String(now));
  await page.context().close();
});

test("a bar is moved by the keyboard", async () => {
  const page = await visit.open(SKEWED);
  const bar = page.getByRole("slider", { name: "Connections of b@h" });
  await bar.focus();
  await bar.press("ArrowRight");
  assert.equal(await bar.getAttribute("aria-valuenow"), "610");
  await bar.press("Shift+ArrowLeft");
  assert.equal(await bar.getAttribute("aria-valuenow"), "510");
  await bar.press("Home");
  assert.equal(await bar.getAttribute("aria-valuetext"), "0 connections");
  await page.context().close();
});

test("nodes are added, named and removed", async () => {
  const page = await visit.open(SKEWED);
  await page.getByRole("button", { name: "+ Add a node" }).click();
  await page.keyboard.type("new@h");
  await page.getByRole("slider", { name: "Connections of new@h" }).waitFor();
  await page.getByRole("button", { name: "Remove a@h" }).click();
  assert.equal(await page.locator("#total").textContent(), "5 nodes · 600 clients");
  await page.context().close();
});

test("JSON is pasted, with options; what is wrong with it is said", async () => {
  const page = await visit.open();
  await page.getByRole("button", { name: "JSON" }).click();
  const text = page.getByRole("dialog").getByRole("textbox");
  const use = page.getByRole("button", { name: "Use it" });
  for (const [json, said] of [
    ["{", /not JSON/],
    ['{"nodes":[{"node":"a"},{"node":"a"}]}', /nodes\[1\]\.node is a: must be a node that is not in the list already/],
    ['{"snapshot":{"nodes":[{"node":"a"}]},"conn_evict_rate":0}', /conn_evict_rate is 0: must be a whole number from 1/],
  ]) {
    await text.fill(String(json));
    await use.click();
    await page.locator("#json-problem").filter({ hasText: said ?? "" }).waitFor();
  }
  await text.fill('{"snapshot":{"nodes":[{"node":"x@h","connections":900,"disconnected_sessions":40},{"node":"y@h"}]},"conn_evict_rate":7}');
  await use.click();
  await page.getByRole("slider", { name: "Connections of x@h" }).waitFor();
  assert.equal(await page.getByLabel("conn_evict_rate").inputValue(), "7");
  assert.match((await page.locator(".node-note").first().textContent()) ?? "", /40 sessions away/);
  await page.context().close();
});

test("what the command prints of a cluster is pasted as it is, and options that are lists stay", async () => {
  const cluster = await embedded("--clients", "300,30,0");
  const { stdout } = await promisify(execFile)(PROGRAM, ["--output", "json", "--url", cluster.urls.join(","), "status"], { env: { ...process.env, EMQX_API_KEY: cluster.api_key, EMQX_API_SECRET: cluster.api_secret } });
  await cluster.stop();
  const page = await visit.open();
  const paste = async (/** @type {string} */ json) => {
    await page.getByRole("button", { name: "JSON" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill(json);
    await page.getByRole("button", { name: "Use it" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  };
  await paste(stdout);
  await page.locator("#total").filter({ hasText: "3 nodes · 330 clients" }).waitFor();
  await paste('{"snapshot":{"nodes":[{"node":"a@h","connections":900,"weight":null},{"node":"b@h"},{"node":"c@h"}]},"exclude":["b@h"],"nodes":null}');
  await page.waitForFunction(() => location.hash.includes("exclude=b@h"));
  const other = await visit.open(new URL(page.url()).hash);
  await other.getByText("Every node, and every run").first().click();
  const row = other.getByRole("article", { name: "Plan single" }).getByRole("row", { name: /b@h/ });
  assert.match((await row.textContent()) ?? "", /±0$/);
  await Promise.all([page, other].map((one) => one.context().close()));
});

test("a link brings the same question to another browser", async () => {
  const page = await visit.open(SKEWED);
  await page.getByLabel("conn_evict_rate").fill("77");
  await page.getByLabel("Name of node 3").fill("emqx@höst,1:2;3");
  await page.waitForFunction(() => location.hash.includes("conn_evict_rate=77") && location.hash.includes("h%C3%B6st"));
  const hash = new URL(page.url()).hash;
  const other = await visit.open(hash);
  assert.equal(await other.getByLabel("conn_evict_rate").inputValue(), "77");
  assert.equal(await other.getByLabel("wait_health_check").inputValue(), "5s");
  assert.equal(await other.getByLabel("Name of node 3").inputValue(), "emqx@höst,1:2;3");
  const both = await Promise.all([page, other].map((one) => figure(one, "single", "Disconnects").textContent()));
  assert.equal(both[0], both[1]);
  await Promise.all([page, other].map((one) => one.context().close()));
});

test("bad options are told at their field, bad names at the nodes", async () => {
  const page = await visit.open(SKEWED);
  const rate = page.getByLabel("conn_evict_rate");
  await rate.fill("0");
  await page.getByLabel("Name of node 2").fill("a@h");
  await page.locator("#option-conn_evict_rate-hint").filter({ hasText: "Must be a whole number from 1" }).waitFor();
  assert.equal(await rate.getAttribute("aria-invalid"), "true");
  await page.locator("#node-problem").filter({ hasText: "nodes[1].node is a@h" }).waitFor();
  await rate.fill("25");
  await page.getByLabel("Name of node 2").fill("b@h");
  await page.locator("#node-problem:empty").waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll("[aria-invalid=true]").length === 0);
  await page.context().close();
});

test("while ten nodes are dragged, a frame has one drawing at most, and each planner one question", async () => {
  const page = await visit.open(`#nodes=${Array.from({ length: 10 }, (_, i) => `n${i}@h:${i < 7 ? 3000 + 137 * i : 20 * i}`).join(",")}&load_balancer=round_robin`);
  const debug = await page.context().newCDPSession(page);
  // Processor time, not the clock's: what else the machine does is no business of this number.
  await debug.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await debug.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN) * 1000;
  };
  await drag(page, 30);
  const before = await spent();
  const { questions, drawings } = await drag(page, FRAMES);
  const each = ((await spent()) - before) / FRAMES;
  process.stdout.write(`main thread per frame while dragging, 10 nodes: ${each.toFixed(1)} ms\n`);
  assert(Math.max(...drawings) === 1, `drawings: ${drawings}`);
  assert(Math.max(...questions.single) === 1, `questions: ${questions.single}`);
  assert(Math.max(...questions.level) === 1, `questions: ${questions.level}`);
  await page.context().close();
});

const FRAMES = 90;

/** Moves the first bar once in each frame; gives how many questions came of each move, and how many drawings each frame had. @param {Page} page @param {number} frames */
function drag(page, frames) {
  return page.evaluate(async (count) => {
    const questions = { single: /** @type {number[]} */ ([]), level: /** @type {number[]} */ ([]) };
    const drawings = /** @type {Map<CSSNumberish | null, number>} */ (new Map());
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (/** @type {{ mode: "single" | "level" }} */ question) {
      const counts = questions[question.mode];
      counts.push((counts.pop() ?? 0) + 1);
      post.call(this, question);
    };
    const headline = /** @type {HTMLElement} */ (document.querySelector("#headline"));
    // The timeline stands still for as long as a frame is made.
    const frame = () => document.timeline.currentTime;
    const seen = new MutationObserver((changes) => drawings.set(frame(), (drawings.get(frame()) ?? 0) + changes.length));
    seen.observe(headline, { childList: true });
    const bar = /** @type {HTMLElement} */ (document.querySelector(".bar"));
    for (let i = 0; i < count; i += 1) {
      for (const counts of [questions.single, questions.level]) counts.push(0);
      bar.dispatchEvent(new KeyboardEvent("keydown", { key: i % 30 < 15 ? "ArrowRight" : "ArrowLeft" }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    seen.disconnect();
    Worker.prototype.postMessage = post;
    return { questions, drawings: [...drawings.values()] };
  }, frames);
}

test("a link with a bad option says so, and the page goes on once it is mended", async () => {
  const context = await visit.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${visit.origin}/#nodes=a@h:5000,b@h:0&conn_evict_rate=0`);
  const headline = page.locator("#headline");
  await headline.filter({ hasText: "No plans for this: conn_evict_rate is 0, and must be a whole number from 1" }).waitFor();
  assert.equal(await page.getByLabel(/^conn_evict_rate/).getAttribute("aria-invalid"), "true");
  await page.getByLabel(/^conn_evict_rate/).fill("50");
  await headline.filter({ hasText: "EMQX's own run ends" }).waitFor();
  await page.getByLabel(/^conn_evict_rate/).fill("0");
  await headline.filter({ hasText: "No plans for this" }).waitFor();
  await page.goto(`${visit.origin}/#nodes=:5`);
  await headline.filter({ hasText: /No plans for this: nodes\[0\].* is empty/ }).waitFor();
  await context.close();
});

test("it says first what is rebalanced and why, and what EMQX's words mean where they stand", async () => {
  const page = await visit.open(SKEWED);
  await page.getByRole("heading", { level: 1, name: "Rebalancing an EMQX cluster" }).waitFor();
  await page.getByText(/so one that joins or restarts stays empty/).waitFor();
  const strategy = page.getByRole("region", { name: "Strategy" });
  await strategy.getByText(/Donors, the nodes with too many clients, evict some each second: they disconnect them\..* take over/).waitFor();
  for (const text of ["wait_takeover those that came back take over their sessions", "evicting_conns donors disconnect clients"]) {
    await page.getByRole("list", { name: "Phases in the strips" }).getByText(text).waitFor();
  }
  await page.context().close();
});

test("long names are short wherever there is little room, and whole where they are typed", async () => {
  const names = [0, 1, 2].map((n) => `emqx@emqx-core-778db64d58-${n}.emqx-headless.default.svc.cluster.local`);
  const page = await visit.open(`#nodes=${names.map((name, i) => `${name}:${i * 500}`).join(",")}`);
  const input = page.getByLabel("Name of node 2");
  await page.waitForFunction(() => /** @type {HTMLInputElement} */ (document.querySelector(".node-name")).value.length < 23);
  assert.equal(await input.inputValue(), "emqx-core-778db64d58-1");
  await input.focus();
  assert.equal(await input.inputValue(), names[1]);
  const chart = page.getByRole("slider", { name: /^Forecast of single/ });
  await chart.press("End");
  await page.locator(".reading:visible").last().getByText("emqx-core-778db64d58-2", { exact: true }).waitFor();
  assert.equal(await input.inputValue(), "emqx-core-778db64d58-1");
  await page.context().close();
});

test("ticks are round, and nodes on one course are striped, twenty of them too", async () => {
  const page = await visit.open(`#nodes=${Array.from({ length: 20 }, (_, i) => `n${i}@h:${i < 2 ? 10 : 4}`).join(",")}&abs_conn_threshold=1`);
  const drawn = await page.evaluate(() => ({
    ticks: [...document.querySelectorAll("#plans .chart")[0]?.querySelectorAll(".tick[text-anchor=end]") ?? []].map(({ textContent }) => Number(textContent)),
    dashed: document.querySelectorAll("#plans .chart svg > g .curve[stroke-dasharray]").length,
    curves: document.querySelectorAll("#plans .chart svg > g .curve").length,
  }));
  const [, step = 0] = drawn.ticks;
  assert([1, 2, 5, 10].includes(step) && drawn.ticks.every((tick, i) => tick === i * step), JSON.stringify(drawn));
  assert.equal(drawn.curves, 40);
  assert(drawn.dashed >= 30, JSON.stringify(drawn));
  await page.context().close();
});

test("a chart is read by keys", async () => {
  const page = await visit.open(SKEWED);
  const chart = page.getByRole("slider", { name: /^Forecast of single/ });
  assert.equal(await chart.getAttribute("aria-valuetext"), "0:00: a@h 1,000, b@h 600, c@h 0, d@h 0, e@h 0");
  await chart.press("End");
  const last = Number(await chart.getAttribute("aria-valuemax"));
  assert.equal(await chart.getAttribute("aria-valuenow"), String(last));
  const readings = page.locator(".reading:visible");
  assert.equal(await readings.count(), 2);
  await chart.press("ArrowLeft");
  assert(Number(await chart.getAttribute("aria-valuenow")) < last);
  await chart.press("Escape");
  assert.equal(await readings.count(), 0);
  await page.context().close();
});

test("the skip link moves the focus, and the question stays in the address", async () => {
  const page = await visit.open(SKEWED);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "results");
  assert.equal(new URL(page.url()).hash, SKEWED);
  await page.context().close();
});

test("the browser has nothing to complain about under the page's own policy", () => {
  assert.deepEqual(visit.complaints, []);
});
