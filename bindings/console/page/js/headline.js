/** @import { Plan, Problem } from "../emqx-rebalance/esm/planner-web.js" */
import { element } from "./elements.js";
import { count, duration, percent } from "./format.js";

/**
 * Both plans in a sentence.
 *
 * @param {Plan} single
 * @param {Plan} level
 * @returns {(Node | string)[]}
 */
export function headline(single, level) {
  const [startsSingle, startsLevel] = [single.decision === "start", level.decision === "start"];
  if (!startsSingle && !startsLevel) return ["Nothing to rebalance: the fullest node is ", bold(percent(level.balance.before.over)), " over the mean."];
  if (!startsLevel) return [code("level"), " would leave the cluster alone: it is ", bold(percent(level.balance.before.over)), " over the mean at most. EMQX's own run would drop ", bold(count(single.forecast.disconnects)), " clients."];
  const own = startsSingle ? ["EMQX's own run ends with the fullest node ", ...ending(single)] : ["EMQX's own run would not start"];
  return [...own, ". ", code("level"), " ends ", bold(percent(level.balance.after.over)), " over, with ", bold(count(level.forecast.disconnects)), " disconnects, in ", bold(duration(level.forecast.duration_s)), "."];
}

/**
 * Why there are no plans for the question.
 *
 * @param {readonly Problem[]} problems
 * @returns {(Node | string)[]}
 */
export function refusal(problems) {
  const said = problems.flatMap(({ field, value, bound }, i) => [i > 0 ? "; " : "", code(field), " is ", code(value || "empty"), ", and must be ", bound]);
  return ["No plans for this: ", ...said, "."];
}

/** @param {Plan} plan */
function ending({ balance, forecast }) {
  return [bold(percent(balance.after.over)), " over the mean, after ", bold(count(forecast.disconnects)), " disconnects, in ", bold(duration(forecast.duration_s))];
}

/** @param {string} text */
function bold(text) {
  return element("b", {}, text);
}

/** @param {string} text */
function code(text) {
  return element("code", {}, text);
}
