/** @import { TimedEvent } from "../../emqx-rebalance/esm/web.js" */
import { element } from "../elements.js";
import { clockTime, count, percent } from "../format.js";

/** What happened, in sentences, the newest first. */
export class Journal {
  /** @type {number | undefined} */
  #began;
  #list = element("ol", { class: "journal", tabindex: 0, "aria-label": "What happened" });
  element = element("div", {}, element("h3", {}, "What happened"), this.#list);

  constructor() {
    this.#list.tabIndex = 0;
  }

  /** @param {TimedEvent} event */
  add(event) {
    this.#began ??= event.at_ms;
    const time = clockTime((event.at_ms - this.#began) / 1000);
    this.#list.prepend(element("li", {}, element("time", {}, time), element("span", {}, sentence(event))));
  }
}

/** @param {TimedEvent} event */
function sentence(event) {
  switch (event.type) {
    case "starting": return `asking ${event.coordinator} to start`;
    case "started": return `${event.coordinator} started`;
    case "start_doubtful": return `no answer from ${event.coordinator}: looking whether it started (${event.cause.message})`;
    case "phase": return `${event.coordinator}: ${event.phase}`;
    case "answer_lost": return `an answer was lost, asking again (${event.cause.message})`;
    case "gone": return `${event.coordinator} is done`;
    case "foreign_run": return `somebody else's rebalance runs on ${event.coordinator}`;
    case "drifted": return `not as forecast: ${count(event.moved)} moved, ${count(event.expected)} expected`;
    case "next_wave": return `${percent(event.over)} over the mean: another wave, to ${percent(event.expected)}`;
    case "opening": return `${event.node} takes clients again: others have caught up`;
    case "stopping": return `stopping ${event.coordinator}`;
    case "ended": return `${event.outcome.result}: ${event.outcome.detail}`;
  }
}
