/** @import { ErrorInfo, Mode, PlanRequest, Problem } from "../emqx-rebalance/esm/planner-web.js" */
/** @import { NodeList } from "./node-list.js" */
/** @import { Asked, Question } from "./question.js" */
/** @import { StrategyForm } from "./strategy-form.js" */
import { byId } from "./elements.js";
import { glance } from "./glance.js";
import { headline, refusal } from "./headline.js";
import { extent, PlanCard } from "./plan-card.js";
import { Planner } from "./planner.js";
import { wishes } from "./profile.js";

/** Both plans for what is asked, side by side, made anew whenever it changes. */
export class WhatIf {
  #cards = { single: new PlanCard("single"), level: new PlanCard("level") };
  #planners;
  #list;
  #form;
  #isDue = false;
  /** Why the newest question has no plans. @type {readonly Problem[]} */
  #problems = [];

  /** @param {Question} question @param {NodeList} list @param {StrategyForm} form @param {(why: string) => void} onFailure */
  constructor(question, list, form, onFailure) {
    this.#list = list;
    this.#form = form;
    const { single, level } = this.#cards;
    byId("plans").append(single.element, level.element);
    single.chart.cursor.with(level.chart.cursor);
    level.chart.cursor.with(single.chart.cursor);
    this.#planners = { single: this.#planner("single", onFailure), level: this.#planner("level", onFailure) };
    question.onChange((asked) => this.#ask(asked));
    this.#ask(question.asked);
  }

  /** @param {Mode} mode @param {(why: string) => void} onFailure */
  #planner(mode, onFailure) {
    return new Planner((answer, isLast) => {
      if (answer.plan) this.#cards[mode].take(answer.plan);
      this.#cards[mode].fade(!isLast || answer.error !== undefined);
      if (isLast) this.#complain(answer.error);
      this.show();
    }, onFailure);
  }

  /** @param {Asked} asked */
  #ask({ nodes, options }) {
    const snapshot = { nodes };
    // Options are texts, which the planner reads; which ones there are is for it to say.
    const request = /** @type {PlanRequest} */ ({ ...wishes(options), snapshot });
    this.#planners.single.ask({ ...request, mode: "single" });
    this.#planners.level.ask({ ...request, mode: "level" });
  }

  /** @param {ErrorInfo | undefined} error */
  #complain(error) {
    const problems = error?.problems ?? (error ? [{ field: "the question", value: "", bound: error.message }] : []);
    this.#problems = problems;
    this.#list.complain(this.#form.complain(problems));
  }

  /** Draws once for each frame, however many answers come. */
  show() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const { single, level } = this.#cards;
    const plans = [single.plan, level.plan].filter((plan) => plan !== undefined);
    single.show(level.plan, extent(plans));
    level.show(single.plan, extent(plans));
    this.#list.showEnds(level.plan);
    if (this.#problems.length > 0) say(refusal(this.#problems));
    else if (single.plan && level.plan) {
      say(headline(single.plan, level.plan));
      glance(single.plan, level.plan);
    }
  }
}

/** @type {number | undefined} */
let pause;

/** Says it once the question stands still: a screen reader need not hear every frame. @param {(Node | string)[]} drawn */
function say(drawn) {
  const text = byId("headline");
  clearTimeout(pause);
  text.setAttribute("aria-busy", "true");
  pause = window.setTimeout(() => text.removeAttribute("aria-busy"), 600);
  text.replaceChildren(...drawn);
}
