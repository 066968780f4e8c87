import { shortNames } from "./rebalance.js";

/** What was asked last: while a bar is dragged it is the same in every frame. */
let last = { key: "", short: /** @type {string[]} */ ([]) };

/** Names of nodes as charts and legends have room for them: what all share is left out. @param {readonly string[]} names */
export function shortened(names) {
  const key = names.join();
  if (key === last.key) return last.short;
  try {
    last = { key, short: shortNames(names, WIDTH) };
    return last.short;
  } catch {
    // The planner is not there yet, or a name is being typed.
    return [...names];
  }
}

/** Characters: as many as a chart's legend bears beside a curve. */
const WIDTH = 22;
