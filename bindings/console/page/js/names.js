import { shortNames } from "./rebalance.js";

/** Names of nodes as charts and legends have room for them: what all share is left out. @param {readonly string[]} names */
export function shortened(names) {
  try {
    return shortNames(names, WIDTH);
  } catch {
    // The planner is not there yet, or a name is being typed.
    return [...names];
  }
}

/** Characters: as many as a chart's legend bears beside a curve. */
const WIDTH = 22;
