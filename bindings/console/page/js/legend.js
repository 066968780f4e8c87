import { element } from "./elements.js";
import { shortened } from "./names.js";

/**
 * Which colour is which node's, and what else there is to know of the lines.
 *
 * @param {readonly string[]} nodes
 * @param {...Node} lines
 */
export function legend(nodes, ...lines) {
  const names = shortened(nodes);
  const shown = nodes.slice(0, MOST).map((node, i) => element("li", { title: node }, element("i", { class: `node-dot c${i % 10}` }), names[i] ?? node));
  const more = nodes.length > MOST ? [element("li", {}, `and ${nodes.length - MOST} more`)] : [];
  return element("ul", { class: "legend", "aria-label": "Colours of the nodes" }, ...lines, ...shown, ...more);
}

/** More than these nobody tells apart by colour. */
const MOST = 20;
