/** @import { PhaseSpan } from "../../emqx-rebalance/esm/planner-web.js" */
import { drawn } from "../elements.js";

/** Pixels for all strips together, however many runs there are. */
export const STRIPS_PX = 30;

/**
 * One strip for each run below the curves: when which of its phases lasts.
 *
 * @param {readonly PhaseSpan[]} phases
 * @param {readonly string[]} coordinators
 * @param {(time: number) => number} x
 * @param {number} top
 */
export function strips(phases, coordinators, x, top) {
  const runs = Math.max(1, coordinators.length);
  const pitch = Math.min(9, STRIPS_PX / runs);
  const height = Math.max(1, pitch - (pitch > 4 ? 3 : 0.5));
  const spans = phases.filter(({ from_s, to_s }) => to_s > from_s);
  return spans.map(({ run, phase, from_s, to_s }) => {
    const place = { x: x(from_s), y: top + run * pitch, width: Math.max(1, x(to_s) - x(from_s) - 1), height };
    const title = drawn("title", {}, `${coordinators[run] ?? "run"}: ${phase}, ${from_s} s to ${to_s} s`);
    return drawn("rect", { ...place, rx: 1.5, class: `phase p-${phase}` }, title);
  });
}
