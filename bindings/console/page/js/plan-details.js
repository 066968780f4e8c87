/** @import { Plan } from "../emqx-rebalance/esm/planner-web.js" */
import { element } from "./elements.js";
import { count, counted, list } from "./format.js";

/** The runs to start, in words. @param {Plan} plan */
export function runList({ runs }) {
  return element("ol", { class: "runs" }, ...runs.map((run) => element("li", {}, ...sentence(run))));
}

/** @param {Plan["runs"][number]} run */
function sentence({ coordinator, donors, recipients, strategy }) {
  const rate = count(strategy.conn_evict_rate);
  const ways = recipients.length > 4 ? counted(recipients.length, "node") : list(recipients);
  const from = donors.length === 1 && donors[0] === coordinator ? [code(coordinator)] : [`${list(donors)}, run by `, code(coordinator)];
  return [...from, ` → ${ways}, ${rate} clients/s${donors.length > 1 ? " each" : ""}`];
}

/** @param {string} text */
function code(text) {
  return element("code", {}, text);
}

/** Every node before and after, as a table. @param {Plan} plan */
export function nodeTable({ forecast }) {
  const { nodes } = forecast.curve;
  const rows = forecast.final.map(({ node, connections }, i) => {
    const before = nodes[i]?.connections[0] ?? connections;
    const change = connections - before;
    const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
    return element("tr", {}, element("th", { scope: "row" }, node), cell(count(before)), cell(count(connections)), cell(`${sign}${count(Math.abs(change))}`));
  });
  const head = element("tr", {}, element("th", { scope: "col" }, "Node"), ...["Now", "End", "Change"].map((name) => element("th", { scope: "col", class: "n" }, name)));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

/** @param {string} text */
function cell(text) {
  return element("td", { class: "n" }, text);
}
