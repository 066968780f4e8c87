// A browser, the page on a server, and an embedded cluster: what every test here needs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../serve.mjs";

/** @import { Browser, BrowserContextOptions, Page } from "playwright-core" */
/** @typedef {{ urls: string[], api_key: string, api_secret: string, faults: string, stop: () => Promise<void> }} Embedded */

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ANSWERED = "Failed to load resource: the server responded with a status of 4";
/** The command `emqx-rebalance`. */
export const PROGRAM = process.env["EMQX_REBALANCE"] ?? fileURLToPath(new URL("../../../target/debug/emqx-rebalance", import.meta.url));

/** Options with which a rebalance takes seconds. */
export const QUICK = "#nodes=a@h:9,b@h:0&wait_health_check=1s&wait_takeover=1s&load_balancer=round_robin";

/** The page in a browser. Every complaint of the browser is kept, so that a test can insist on none. */
export class Visit {
  /** @type {string[]} */
  complaints = [];

  /** @param {Browser} browser @param {import("node:http").Server} server */
  constructor(browser, server) {
    this.browser = browser;
    this.server = server;
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async begin() {
    return new Visit(await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS }), await serve(0));
  }

  async end() {
    await this.browser.close();
    this.server.close();
    this.server.closeAllConnections();
  }

  /**
   * Opens the page and waits for both plans.
   *
   * @param {string} [hash]
   * @param {BrowserContextOptions} [options]
   */
  async open(hash = "", options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 960 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("console", (message) => {
      // What a cluster answers, a 400 or a 401, the browser reports as an error of the cluster's address.
      const isAnswer = message.text().startsWith(ANSWERED) && !message.location().url.startsWith(this.origin);
      if (message.type() === "error" && !isAnswer) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    await page.goto(`${this.origin}/${hash}`);
    await page.locator("#plans .figures").nth(1).waitFor();
    return page;
  }
}

/**
 * Starts an embedded cluster that speaks HTTP.
 *
 * @param {...string} options
 * @returns {Promise<Embedded>}
 */
export async function embedded(...options) {
  const child = spawn(PROGRAM, ["--output", "json", "cluster", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.trimEnd().endsWith("\n}")) break;
  }
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { ...JSON.parse(said), stop };
}

/** Fills in where the cluster is, and connects. @param {Page} page @param {Embedded} cluster @param {string} [secret] */
export async function signIn(page, { urls, api_key, api_secret }, secret = api_secret) {
  await page.getByRole("button", { name: "Cluster", exact: true }).click();
  await page.getByLabel(/^URL of/).fill(urls.join(" "));
  await page.getByLabel("API key").fill(api_key);
  await page.getByLabel("Secret").fill(secret);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

/** Plans, starts and confirms. @param {Page} page */
export async function start(page) {
  await page.locator("#start").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/clients? of .* will be disconnected/).waitFor();
  await dialog.getByRole("button", { name: "Start", exact: true }).click();
}

/** The key, as EMQX's API takes it. @param {Embedded} of */
export function auth({ api_key, api_secret }) {
  return { authorization: `Basic ${Buffer.from(`${api_key}:${api_secret}`).toString("base64")}` };
}

/** What runs, as EMQX says it. @param {Embedded} of */
export async function running(of) {
  const answer = await fetch(`${of.urls[0]}/api/v5/load_rebalance/global_status`, { headers: auth(of) });
  return /** @type {{ rebalances: { coordinator_node: string }[] }} */ (await answer.json()).rebalances;
}

/** Where screenshots go, for people to look at. @param {string} name */
export function picture(name) {
  return `${process.env["SCREENSHOTS"] ?? fileURLToPath(new URL("../screenshots", import.meta.url))}/${name}.png`;
}
