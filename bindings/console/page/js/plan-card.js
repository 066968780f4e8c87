/** @import { Mode, Plan } from "../emqx-rebalance/esm/planner-web.js" */
import { Chart } from "./chart/chart.js";
import { element } from "./elements.js";
import { figureList } from "./figures.js";
import { findingList } from "./findings.js";
import { counted, duration } from "./format.js";
import { nodeTable, runList } from "./plan-details.js";

/** @type {Record<Mode, string>} */
const WHAT = {
  single: "the one run EMQX does by itself",
  level: "several runs at once, until level",
};

/** A plan: its figures, its curves, its runs and what to know before it is started. */
export class PlanCard {
  /** @type {Plan | undefined} */
  #plan;
  #figures = element("div", { class: "figures-slot" });
  #notes = element("div");
  #details = element("details", { class: "more" }, element("summary", {}, "Every node, and every run"));
  chart = new Chart();
  element;

  /** @param {Mode} mode */
  constructor(mode) {
    const head = element("div", { class: "plan-head" }, element("h2", {}, mode), element("p", { class: "soft" }, WHAT[mode]));
    this.element = element("article", { class: "card plan", "aria-label": `Plan ${mode}` }, head, this.#figures, this.chart.element, this.#notes, this.#details);
    this.#details.addEventListener("toggle", () => this.#fillDetails());
  }

  get plan() {
    return this.#plan;
  }

  /** @param {Plan} plan */
  take(plan) {
    this.#plan = plan;
  }

  /**
   * Shows the plan beside another, to one scale.
   *
   * @param {Plan | undefined} rival
   * @param {{ lastTime: number, most: number }} extent
   */
  show(rival, extent) {
    const plan = this.#plan;
    if (!plan) return;
    this.#figures.replaceChildren(figureList(plan, rival));
    this.chart.show({ ...picture(plan), ...extent });
    this.#notes.replaceChildren(...notes(plan));
    this.#fillDetails();
  }

  /** Whether what it shows is out of date. @param {boolean} isStale */
  fade(isStale) {
    this.element.classList.toggle("stale", isStale);
  }

  #fillDetails() {
    if (!this.#details.open || !this.#plan) return;
    const summary = this.#details.firstElementChild ?? "";
    const runs = this.#plan.runs.length > 0 ? [element("h3", {}, counted(this.#plan.runs.length, "run")), runList(this.#plan)] : [];
    this.#details.replaceChildren(summary, nodeTable(this.#plan), ...runs);
  }
}

/** @param {Plan} plan */
function notes({ findings, reason }) {
  const why = reason ? [element("h3", {}, "Nothing to start"), element("p", {}, reason)] : [];
  return findings.length > 0 ? [...why, element("h3", {}, "Before you start"), findingList(findings)] : why;
}

/** A plan's forecast, for a chart. @param {Plan} plan */
export function picture({ mode, forecast, runs }) {
  const series = forecast.curve.nodes.map(({ node, connections }, index) => ({ name: node, index, values: connections }));
  const coordinators = runs.map(({ coordinator }) => coordinator);
  const label = `Forecast of ${mode}: connections of ${counted(series.length, "node")} over ${duration(forecast.duration_s)}`;
  return { curves: { times: forecast.curve.times_s, series }, phases: forecast.phases, coordinators, label };
}

/** How far curves reach, in time and in connections. @param {readonly Plan[]} plans */
export function extent(plans) {
  const lastTime = Math.max(10, ...plans.map(({ forecast }) => forecast.curve.times_s.at(-1) ?? 0));
  const highest = plans.flatMap(({ forecast }) => forecast.curve.nodes.map(({ connections }) => connections.reduce((a, b) => Math.max(a, b), 0)));
  return { lastTime, most: Math.max(10, ...highest) * 1.06 };
}
