/** @import { Plan } from "../emqx-rebalance/esm/planner-web.js" */
import { element } from "./elements.js";
import { count, duration, percent } from "./format.js";

/**
 * One figure of a plan. Less is better in all of them.
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} value
 * @property {string} text
 * @property {string} [before]
 * @property {string} small
 */

/** @param {Plan} plan @returns {Figure[]} */
export function figures({ balance: { before, after }, forecast, bounds }) {
  return [
    { name: "Fullest node over the mean", value: round(after.over), text: percent(after.over), before: percent(before.over), small: "before → after" },
    { name: "Emptiest node under the mean", value: round(after.under), text: percent(after.under), before: percent(before.under), small: "before → after" },
    { name: "Disconnects", value: forecast.disconnects, text: count(forecast.disconnects), small: `exactly level: at least ${count(bounds.fewest_disconnects)}` },
    { name: "Duration", value: forecast.duration_s, text: duration(forecast.duration_s), small: `exactly level: at least ${duration(bounds.shortest_s)}` },
  ];
}

/** Differences that nobody sees do not count. @param {number} share */
function round(share) {
  return Math.round(share * 1e4) / 1e4;
}

/**
 * The figures, the better ones marked.
 *
 * @param {Plan} plan
 * @param {Plan | undefined} rival
 */
export function figureList(plan, rival) {
  const rivals = rival && figures(rival);
  const entries = figures(plan).map(({ name, value, text, before, small }, i) => {
    const isBetter = value < (rivals?.[i]?.value ?? value);
    const number = element("dd", {});
    if (before) number.append(element("span", { class: "before" }, `${before} → `));
    number.append(element("b", {}, text), element("small", {}, small));
    if (isBetter) number.append(element("span", { class: "unseen" }, "(the better one)"));
    return element("div", { class: isBetter ? "better" : "" }, element("dt", {}, name), number);
  });
  return element("dl", { class: "figures" }, ...entries);
}
