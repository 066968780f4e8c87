/** @import { DriverState, Outcome, Plan, Run, Status } from "../../emqx-rebalance/esm/web.js" */
import { announce } from "../announce.js";
import { Chart } from "../chart/chart.js";
import { element, say } from "../elements.js";
import { rescue } from "../focus.js";
import { count, duration, list, percent } from "../format.js";
import { legend } from "../legend.js";
import { shortened } from "../names.js";
import { phaseKey } from "../phases.js";
import { extent, picture } from "../plan-card.js";
import { stateWord } from "../states.js";
import { save } from "../save.js";
import { Journal } from "./journal.js";
import { Measured } from "./measured.js";
import { trouble } from "./trouble.js";

/** A run on its way to its verdict: measured curves over the forecast, and a button to stop it. */
export class LiveRun {
  #plan;
  #run;
  #measured;
  #chart = new Chart();
  #journal = new Journal();
  #meter = element("i");
  #track = element("div", { class: "meter", role: "progressbar", "aria-label": "Clients moved", "aria-valuemin": 0, "aria-valuemax": 100 }, this.#meter);
  #line = element("p", { class: "live-line" });
  #runs = element("ul", { class: "run-list", "aria-label": "Runs" });
  #verdict = element("div", { class: "verdict-slot" });
  #again = element("button", { type: "button", class: "main", id: "plan-again" }, "Plan again");
  #report = element("button", { type: "button", id: "save-report" }, "Save the report");
  #stop = element("button", { type: "button", class: "danger", id: "stop" }, "Stop");
  element;

  /** @param {Plan} plan @param {Run<DriverState>} run @param {() => void} onAgain */
  constructor(plan, run, onAgain) {
    this.#plan = plan;
    this.#run = run;
    this.#measured = new Measured(plan);
    const head = element("div", { class: "card-head" }, element("h2", {}, "Rebalancing"), element("div", { class: "actions" }, this.#stop));
    this.element = element("article", { class: "card", "aria-label": "Run" }, this.#verdict, head, this.#track, this.#line, this.#chart.element, key(plan), phaseKey(), this.#runs, this.#journal.element);
    this.#stop.addEventListener("click", () => this.#end());
    this.#again.addEventListener("click", onAgain);
    this.#report.addEventListener("click", () => this.#save());
  }

  /** Looks on until there is a verdict, or the run is left. @param {AbortSignal} signal */
  async watch(signal) {
    try {
      await Promise.all([this.#look(signal), this.#keepJournal(signal)]);
    } finally {
      // Nobody drives on with a key that was taken back.
      if (signal.aborted) this.#run.leave();
      rescue(this.#stop, this.element);
      this.#stop.hidden = true;
      this.element.append(element("div", { class: "dialog-foot" }, ...(signal.aborted ? [] : [this.#report]), this.#again));
    }
  }

  /** @param {AbortSignal} signal */
  async #look(signal) {
    for await (const status of this.#run.watch({ signal })) this.#show(status);
  }

  /** @param {AbortSignal} signal */
  async #keepJournal(signal) {
    for await (const event of this.#run.events({ signal })) this.#journal.add(event);
  }

  async #end() {
    rescue(this.#stop, this.element);
    this.#stop.disabled = true;
    say(this.#stop, "Stopping…");
    try {
      await this.#run.stop();
    } catch (thrown) {
      this.#verdict.replaceChildren(trouble(thrown));
    }
  }

  async #save() {
    try {
      save("rebalance.html", new Blob([await this.#run.report()], { type: "text/html" }));
    } catch (thrown) {
      this.#verdict.append(trouble(thrown));
    }
  }

  /** @param {Status} status */
  #show(status) {
    this.#measured.see(status);
    const { progress, runs, outcome } = status;
    const part = Math.round(progress.percent);
    this.#meter.style.width = `${part}%`;
    this.#track.setAttribute("aria-valuenow", String(part));
    this.#line.replaceChildren(...figures(status));
    const names = shortened(runs.map(({ coordinator }) => coordinator));
    this.#runs.replaceChildren(...runs.map(({ coordinator, state }, i) => element("li", { title: coordinator }, element("i", { class: `swatch p-${state}` }), element("span", { class: "state" }, stateWord(state)), ` ${names[i]}`)));
    if (outcome) this.#verdict.replaceChildren(verdict(outcome));
    announce(outcome ? `${outcome.result}: ${outcome.detail}` : `The rebalance is in ${list([...new Set(runs.map(({ state }) => stateWord(state)))])}`);
    this.#draw(progress.elapsed_s);
  }

  /** @param {number} elapsed */
  #draw(elapsed) {
    const forecast = picture(this.#plan);
    const { lastTime, most } = extent([this.#plan]);
    const curves = { times: this.#measured.times, series: this.#measured.series };
    const label = `Measured connections of every node after ${duration(elapsed)}, over the forecast`;
    this.#chart.show({ ...forecast, curves, ghost: forecast.curves, label, lastTime: Math.max(lastTime, elapsed), most: Math.max(most, this.#measured.most * 1.06) });
  }
}

/** @param {Status} status */
function figures({ progress: { moved, to_move, elapsed_s, eta_s, expected }, wave }) {
  const parts = [`${count(moved)} of ${count(to_move)} clients moved`];
  if (expected !== undefined) parts.push(`${count(expected)} expected by now`);
  if (wave > 1) parts.push(`wave ${wave}`);
  parts.push(eta_s === undefined ? `${duration(elapsed_s)} passed` : `${duration(elapsed_s)} passed, ${duration(eta_s)} left`);
  return parts.map((text) => element("span", {}, text));
}

/** @param {Outcome} outcome */
function verdict({ result, detail, balance, cause }) {
  const isGood = result === "completed" || result === "already_balanced";
  const said = element("p", {}, element("b", {}, result), detail);
  const more = cause ? [element("p", { class: "soft" }, cause.message)] : balance ? [element("p", { class: "soft" }, `Measured: the fullest node is ${percent(balance.over)} over the mean, the emptiest ${percent(balance.under)} under.`)] : [];
  return element("div", { class: `verdict ${isGood ? "good" : result === "stopped" ? "" : "bad"}` }, said, ...more);
}

/** @param {Plan} plan */
function key(plan) {
  const lines = [["line", "measured"], ["dash", "forecast"]].map(([kind = "", text = ""]) => element("li", {}, element("i", { class: kind }), text));
  return legend(plan.forecast.curve.nodes.map(({ node }) => node), ...lines);
}
