import type { CallOptions } from "./call-options.js";
import type { EvacuationPlan, Plan } from "./generated/contract.js";
import { call, decode, encode } from "./json.js";
import type { WasmSource } from "./loader.js";
import { plannerEngine } from "./planner-engine.js";
import { planBy, planEvacuationBy } from "./planning.js";
import type { EvacuationRequest, PlanRequest } from "./requests.js";

export type { CallOptions } from "./call-options.js";
export { RebalanceError } from "./errors.js";
export type * from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export type { EvacuationRequest, PlanRequest, Wishes } from "./requests.js";

/**
 * Loads the planner, once: from where this way into the package has it, or from where `source` says. Not needed
 * where it is at hand, as in node and in `emqx-rebalance/planner/inline`.
 */
export function init(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return plannerEngine.load(source, options);
}

/**
 * Plans the rebalance of a snapshot: the runs to start and what they will do.
 *
 * @throws RebalanceError `config_invalid` with every problem at once, `unknown_node`.
 */
export function plan(request: PlanRequest): Plan {
  return planBy(plannerEngine, request);
}

/**
 * Plans the evacuation of one node of a snapshot.
 *
 * @throws RebalanceError `config_invalid` with every problem at once, `unknown_node`.
 */
export function planEvacuation(request: EvacuationRequest): EvacuationPlan {
  return planEvacuationBy(plannerEngine, request);
}

/**
 * The names of nodes, in their order, as they fit `width` characters: what all share is left out, and two never look
 * the same.
 *
 * @param width Characters for each, from 0 to 65535. Default 24. Names that differ too far apart are longer.
 * @throws RebalanceError `config_invalid` if one is no node's name.
 */
export function shortNames(nodes: readonly string[], width = 24): string[] {
  return decode(call(() => plannerEngine.calls.short(encode({ nodes, width }, "nodes"))));
}
