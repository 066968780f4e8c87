/** @import { Finding } from "../emqx-rebalance/esm/planner-web.js" */
import { element } from "./elements.js";

const ORDER = { error: 0, warning: 1, info: 2 };

/** What to know before starting, the worst first. @param {readonly Finding[]} findings */
export function findingList(findings) {
  const sorted = [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  const items = sorted.map(({ severity, code, message, node }) => {
    const text = node && !message.includes(node) ? `${node}: ${message}` : message;
    return element("li", { class: severity, title: code }, element("span", { class: "tag" }, severity), element("span", {}, text));
  });
  return element("ul", { class: "findings" }, ...items);
}
