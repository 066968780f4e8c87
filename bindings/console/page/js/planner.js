/** @import { ErrorInfo, Plan, PlanRequest } from "../emqx-rebalance/esm/planner-web.js" */
import { plannerModule } from "./rebalance.js";

/** @typedef {{ plan: Plan, error?: undefined } | { error: ErrorInfo, plan?: undefined }} Answer */

/**
 * Plans in a worker, so that the page stays smooth however long a plan takes. Only the newest
 * question counts: those that came while one was being answered are left out.
 */
export class Planner {
  #worker = new Worker(new URL("./planner-worker.js", import.meta.url), { type: "module" });
  #isBusy = false;
  /** @type {PlanRequest | undefined} */
  #next;

  /** @param {(answer: Answer, isLast: boolean) => void} onAnswer @param {(why: string) => void} onFailure */
  constructor(onAnswer, onFailure) {
    this.#worker.addEventListener("message", ({ data }) => {
      this.#isBusy = false;
      if (data.failure !== undefined) return onFailure(data.failure);
      onAnswer(data, this.#next === undefined);
      this.#ask();
    });
    this.#worker.addEventListener("error", (event) => onFailure(event.message || "its code did not load"));
    plannerModule().then((module) => this.#worker.postMessage(module), (why) => onFailure(String(why)));
  }

  /** @param {PlanRequest} request */
  ask(request) {
    this.#next = request;
    this.#ask();
  }

  #ask() {
    if (this.#isBusy || this.#next === undefined) return;
    this.#isBusy = true;
    this.#worker.postMessage(this.#next);
    this.#next = undefined;
  }
}
