import { engine } from "./engine.js";
import type { EvacuationPlan, Plan } from "./generated/contract.js";
import { planBy, planEvacuationBy } from "./planning.js";
import type { EvacuationRequest, PlanRequest } from "./requests.js";

/**
 * Plans the rebalance of a snapshot: the runs to start and what they will do.
 *
 * @throws RebalanceError `config_invalid` with every problem at once, `unknown_node`.
 */
export function plan(request: PlanRequest): Plan {
  return planBy(engine, request);
}

/**
 * Plans the evacuation of one node of a snapshot.
 *
 * @throws RebalanceError `config_invalid` with every problem at once, `unknown_node`.
 */
export function planEvacuation(request: EvacuationRequest): EvacuationPlan {
  return planEvacuationBy(engine, request);
}
