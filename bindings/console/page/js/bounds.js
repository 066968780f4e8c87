import { OPTIONS } from "./options.js";
import { init, plan, plannerModule, RebalanceError } from "./rebalance.js";

/**
 * What each option may be, and its default, as the planner itself says: it is asked once with
 * nonsense everywhere, and once with nothing.
 *
 * @returns {Promise<{ bounds: Record<string, string>, defaults: Record<string, string> }>}
 */
export async function bounds() {
  await init(plannerModule());
  const snapshot = { nodes: [{ node: "a@b" }] };
  const { strategy } = plan({ snapshot }).asked;
  const defaults = Object.fromEntries(Object.entries(strategy).map(([name, value]) => [name, String(value)]));
  return { bounds: complaints(snapshot), defaults };
}

/** @param {{ nodes: { node: string }[] }} snapshot */
function complaints(snapshot) {
  const nonsense = Object.fromEntries(OPTIONS.map(({ name }) => [name, "?"]));
  try {
    plan({ snapshot, ...nonsense });
  } catch (error) {
    if (!(error instanceof RebalanceError)) throw error;
    return Object.fromEntries(error.problems.map(({ field, bound }) => [field, bound]));
  }
  return {};
}
