/** @import { Connection } from "./connection.js" */
/** @import { Mode, Plan, PlanWishes } from "../../emqx-rebalance/esm/web.js" */
/** @import { Question } from "../question.js" */
/** @import { StrategyForm } from "../strategy-form.js" */
/** @import { Views } from "../views.js" */
import { byId, element } from "../elements.js";
import { extent, PlanCard } from "../plan-card.js";
import { RebalanceError } from "../rebalance.js";
import { confirmStart } from "./confirm-start.js";
import { connect, demo } from "./connection.js";
import { LiveRun } from "./live-run.js";
import { others } from "./others.js";
import { SignIn } from "./sign-in.js";
import { trouble } from "./trouble.js";
import { choice, welcome } from "./wishes.js";

/** A cluster: connect, plan, start, watch, stop. */
export class ClusterView {
  #question;
  #form;
  #host = byId("cluster");
  #signIn;
  /** @type {Connection | undefined} */
  #connection;
  /** Ends what goes on with this connection. */
  #leave = new AbortController();
  #mode = /** @type {Mode} */ ("level");
  #isRunning = false;
  /** @type {number | undefined} */
  #pause;

  /** @param {Question} question @param {StrategyForm} form @param {Views} views */
  constructor(question, form, views) {
    this.#question = question;
    this.#form = form;
    this.#signIn = new SignIn({
      onConnect: async (url, key, secret) => this.#enter(await connect(url, key, secret)),
      onDemo: async () => this.#enter(await demo(this.#question.asked, DEMO_SPEED)),
      onLeave: () => this.#exit(),
    });
    this.#host.replaceChildren(welcome(() => byId("demo").click()));
    question.onChange(() => this.#planSoon());
    views.onShow((view) => view === "cluster" && this.#planSoon());
    addEventListener("beforeunload", (event) => this.#isRunning && event.preventDefault());
  }

  /** @param {Connection} connection */
  async #enter(connection) {
    try {
      const plan = await connection.cluster.plan(this.#wishes());
      this.#connection = connection;
      this.#signIn.connected(connection.name, ...choice(this.#mode, connection, (mode) => this.#setMode(mode)));
      await this.#offer(connection, plan);
    } catch (thrown) {
      connection.close();
      if (thrown instanceof RebalanceError) this.#form.complain(thrown.problems);
      throw thrown;
    }
  }

  #exit() {
    this.#leave.abort();
    this.#leave = new AbortController();
    this.#connection?.close();
    this.#connection = undefined;
    this.#isRunning = false;
    this.#signIn.ask();
    this.#host.replaceChildren(welcome(() => byId("demo").click()));
  }

  /** @param {Mode} mode */
  #setMode(mode) {
    this.#mode = mode;
    void this.#plan();
  }

  /** Which options there are is for the planner to say. */
  #wishes() {
    return /** @type {PlanWishes} */ ({ ...this.#question.asked.options, mode: this.#mode });
  }

  #planSoon() {
    clearTimeout(this.#pause);
    this.#pause = window.setTimeout(() => void this.#plan(), PAUSE_MS);
  }

  async #plan() {
    const connection = this.#connection;
    if (!connection || this.#isRunning) return;
    try {
      const plan = await connection.cluster.plan(this.#wishes(), { signal: this.#leave.signal });
      if (!this.#isRunning && connection === this.#connection) await this.#offer(connection, plan);
      this.#form.complain([]);
    } catch (thrown) {
      this.#complain(thrown, connection);
    }
  }

  /** @param {unknown} thrown @param {Connection} connection */
  #complain(thrown, connection) {
    if (connection !== this.#connection) return;
    const isHere = thrown instanceof RebalanceError && thrown.problems.length > 0;
    const rest = isHere ? this.#form.complain(thrown.problems) : [];
    if (!isHere || rest.length > 0) this.#host.prepend(trouble(thrown));
  }

  /** Shows a plan that can be started. @param {Connection} connection @param {Plan} plan */
  async #offer(connection, plan) {
    const status = await connection.cluster.status({ signal: this.#leave.signal });
    const card = new PlanCard(plan.mode);
    card.take(plan);
    const start = element("button", { type: "button", class: "main", id: "start", disabled: plan.decision !== "start" }, "Start…");
    const again = element("button", { type: "button", id: "plan-again" }, "Plan again");
    start.addEventListener("click", () => void this.#start(connection, plan));
    again.addEventListener("click", () => void this.#plan());
    card.element.append(element("div", { class: "dialog-foot" }, again, start));
    const running = others(status, connection.cluster, () => void this.#plan());
    this.#host.replaceChildren(element("div", { class: "stack" }, ...running, card.element));
    card.show(undefined, extent([plan]));
  }

  /** @param {Connection} connection @param {Plan} plan */
  async #start(connection, plan) {
    const answer = await confirmStart(plan, connection.name);
    if (!answer || connection !== this.#connection) return;
    this.#isRunning = true;
    try {
      const run = await connection.cluster.start(plan, { ...answer, who: "browser page", signal: this.#leave.signal });
      const live = new LiveRun(plan, run);
      this.#host.replaceChildren(live.element);
      await live.watch(this.#leave.signal);
      this.#end(connection, live);
    } catch (thrown) {
      this.#complain(thrown, connection);
    } finally {
      if (connection === this.#connection) this.#isRunning = false;
    }
  }

  /** @param {Connection} connection @param {LiveRun} live */
  #end(connection, live) {
    if (connection !== this.#connection) return;
    const again = element("button", { type: "button", class: "main", id: "plan-again" }, "Plan again");
    again.addEventListener("click", () => void this.#plan());
    live.element.append(element("div", { class: "dialog-foot" }, again));
  }
}

/** Typing need not send a question for each letter. */
const PAUSE_MS = 400;
/** Seconds of a demo that pass in one. */
const DEMO_SPEED = 5;
