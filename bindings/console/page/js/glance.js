/** @import { Plan } from "../emqx-rebalance/esm/planner-web.js" */
import { byId, element } from "./elements.js";
import { count, duration, percent } from "./format.js";

/** Both plans in a line each, for screens that have no room for them beside the form. @param {Plan} single @param {Plan} level */
export function glance(single, level) {
  byId("glance").replaceChildren(...[single, level].map(line));
}

/** @param {Plan} plan */
function line({ mode, decision, balance, forecast }) {
  const figures = decision === "start" ? [`${percent(balance.after.over)} over`, `${count(forecast.disconnects)} disconnects`, duration(forecast.duration_s)] : ["nothing to start"];
  return element("span", {}, element("code", {}, mode), element("span", { class: "n" }, figures.join(" · ")));
}
