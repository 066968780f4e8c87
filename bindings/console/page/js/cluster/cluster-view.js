/** @import { Connection } from "./connection.js" */
/** @import { Answer } from "./offer.js" */
/** @import { Mode, PlanWishes } from "../../emqx-rebalance/esm/web.js" */
/** @import { Question } from "../question.js" */
/** @import { StrategyForm } from "../strategy-form.js" */
/** @import { Views } from "../views.js" */
import { announce } from "../announce.js";
import { byId, element } from "../elements.js";
import { replace } from "../focus.js";
import { wishes } from "../profile.js";
import { RebalanceError } from "../rebalance.js";
import { confirmStart } from "./confirm-start.js";
import { connect, demo } from "./connection.js";
import { LiveRun } from "./live-run.js";
import { Offer } from "./offer.js";
import { SignIn } from "./sign-in.js";
import { trouble } from "./trouble.js";
import { choice, welcome } from "./wishes.js";

/** A cluster: connect, plan, start, watch, stop. */
export class ClusterView {
  #question;
  #form;
  #host = byId("cluster");
  #trouble = element("div");
  #signIn;
  /** @type {Connection | undefined} */
  #connection;
  /** Ends what goes on with this connection. */
  #leave = new AbortController();
  /** Ends the newest attempt to plan: whatever makes its answer one of the past aborts it. */
  #attempt = new AbortController();
  /** The plan on show, which another may replace by itself. A run and its verdict are no such thing. @type {Offer | undefined} */
  #offer;
  #mode = /** @type {Mode} */ ("level");
  #isRunning = false;
  #isShown = false;
  /** @type {number | undefined} */
  #pause;

  /** @param {Question} question @param {StrategyForm} form @param {Views} views */
  constructor(question, form, views) {
    this.#question = question;
    this.#form = form;
    this.#signIn = new SignIn({
      onConnect: async (url, key, secret, signal) => this.#enter(await connect(url, key, secret, signal), signal),
      onDemo: async (signal) => this.#enter(await demo(this.#question.asked, DEMO_SPEED, signal), signal),
      onLeave: () => this.#exit(),
    });
    this.#welcome();
    question.onChange(() => this.#planSoon());
    views.onShow((view) => {
      this.#isShown = view === "cluster";
      this.#planSoon();
    });
    addEventListener("beforeunload", (event) => this.#isRunning && event.preventDefault());
  }

  /** Takes a connection once it gave its first plan. @param {Connection} connection @param {AbortSignal} signal */
  async #enter(connection, signal) {
    try {
      const { asked } = this.#question;
      const answer = await this.#ask(connection, signal);
      this.#connection = connection;
      this.#signIn.connected(connection.name, ...choice(this.#mode, connection, (mode) => this.#setMode(mode)));
      this.#present(connection, answer);
      announce(`Connected to ${connection.name}`);
      if (asked !== this.#question.asked) this.#planSoon();
    } catch (thrown) {
      if (this.#connection === connection) this.#exit();
      else connection.close();
      if (thrown instanceof RebalanceError) this.#form.complain(thrown.problems);
      throw thrown;
    }
  }

  #exit() {
    this.#halt();
    this.#leave.abort();
    this.#leave = new AbortController();
    this.#connection?.close();
    this.#connection = this.#offer = undefined;
    this.#isRunning = false;
    this.#signIn.ask();
    this.#welcome();
  }

  #welcome() {
    this.#put(welcome(() => byId("demo").click()));
  }

  /** @param {Mode} mode */
  #setMode(mode) {
    this.#mode = mode;
    this.#offer?.withdraw();
    void this.#plan();
  }

  /** Which options there are is for the planner to say. */
  #wishes() {
    return /** @type {PlanWishes} */ ({ ...wishes(this.#question.asked.options), mode: this.#mode });
  }

  /** The plan on show is one of the past: another follows, once nobody types, while somebody looks. */
  #planSoon() {
    if (!this.#offer || this.#isRunning) return;
    this.#halt();
    this.#offer.withdraw();
    if (this.#isShown) this.#pause = window.setTimeout(() => void this.#plan(), PAUSE_MS);
  }

  #halt() {
    clearTimeout(this.#pause);
    this.#attempt.abort();
  }

  async #plan() {
    const connection = this.#connection;
    if (!connection || this.#isRunning) return;
    this.#halt();
    const { signal } = (this.#attempt = new AbortController());
    try {
      const answer = await this.#ask(connection, signal);
      if (signal.aborted) return;
      this.#form.complain([]);
      this.#present(connection, answer);
    } catch (thrown) {
      if (!signal.aborted) this.#complain(thrown);
    }
  }

  /** Asks for a plan, and for what runs already. @param {Connection} connection @param {AbortSignal} signal */
  async #ask({ cluster }, signal) {
    const plan = await cluster.plan(this.#wishes(), { signal });
    return { plan, status: await cluster.status({ signal }) };
  }

  /** Shows a plan that can be started. @param {Connection} connection @param {Answer} answer */
  #present(connection, answer) {
    const again = () => void this.#plan();
    this.#offer = new Offer(answer, connection.cluster, { onStart: (offer) => void this.#start(connection, offer), onAgain: again });
    this.#put(this.#offer.element);
  }

  /** @param {Connection} connection @param {Offer} offer */
  async #start(connection, offer) {
    this.#halt();
    const answer = await confirmStart(offer.plan, connection.name);
    if (!answer || this.#isRunning || offer !== this.#offer || !offer.isOpen) return;
    const { signal } = this.#leave;
    this.#isRunning = true;
    offer.withdraw();
    try {
      const run = await connection.cluster.start(offer.plan, { ...answer, who: "browser page", signal });
      if (signal.aborted) return run.leave();
      await this.#watch(new LiveRun(offer.plan, run, () => void this.#plan()), signal);
    } catch (thrown) {
      if (!signal.aborted) this.#complain(thrown);
    } finally {
      if (!signal.aborted) this.#isRunning = false;
    }
  }

  /** @param {LiveRun} live @param {AbortSignal} signal */
  async #watch(live, signal) {
    this.#offer = undefined;
    this.#put(live.element);
    announce("The rebalance has been started");
    await live.watch(signal);
  }

  /** @param {HTMLElement} content */
  #put(content) {
    this.#trouble.replaceChildren();
    replace(this.#host, this.#trouble, content);
  }

  /** @param {unknown} thrown */
  #complain(thrown) {
    const isHere = thrown instanceof RebalanceError && thrown.problems.length > 0;
    const rest = isHere ? this.#form.complain(thrown.problems) : [];
    if (!isHere || rest.length > 0) this.#trouble.replaceChildren(trouble(thrown));
  }
}

/** Typing need not send a question for each letter. */
const PAUSE_MS = 400;
/** Seconds of a demo that pass in one. */
const DEMO_SPEED = 5;
