/** @import { Cluster, Plan, Status } from "../../emqx-rebalance/esm/web.js" */
import { element } from "../elements.js";
import { rescue } from "../focus.js";
import { legend } from "../legend.js";
import { phaseKey } from "../phases.js";
import { extent, PlanCard } from "../plan-card.js";
import { others } from "./others.js";

/** @typedef {{ plan: Plan, status: Status }} Answer What a cluster says to a question for a plan. */
/** @typedef {{ onStart: (offer: Offer) => void, onAgain: () => void }} OfferEvents */

/** A plan that can be started, below the rebalances that run already. */
export class Offer {
  #card;
  #start = element("button", { type: "button", class: "main", id: "start" }, "Start…");
  plan;
  element;

  /** @param {Answer} answer @param {Cluster} cluster @param {OfferEvents} events */
  constructor({ plan, status }, cluster, { onStart, onAgain }) {
    this.plan = plan;
    this.#card = new PlanCard(plan.mode);
    this.#card.take(plan);
    this.#start.disabled = plan.decision !== "start";
    this.#start.addEventListener("click", () => onStart(this));
    this.#card.chart.element.after(legend(plan.forecast.curve.nodes.map(({ node }) => node)), phaseKey());
    const again = element("button", { type: "button", id: "plan-again" }, "Plan again");
    again.addEventListener("click", onAgain);
    this.#card.element.append(element("div", { class: "dialog-foot" }, again, this.#start));
    this.element = element("div", { class: "stack" }, ...others(status, cluster, onAgain), this.#card.element);
    this.#card.show(undefined, extent([plan]));
  }

  /** Whether it can be started. */
  get isOpen() {
    return !this.#start.disabled;
  }

  /** Lets nobody start it any more: it was started, or something else is wished by now. */
  withdraw() {
    rescue(this.#start, this.element);
    this.#start.disabled = true;
    this.#card.fade(true);
  }
}
