import type { EvacuationPlan, Plan } from "./generated/contract.js";
import { call, decode, encode } from "./json.js";
import type { EvacuationRequest, PlanRequest } from "./requests.js";

/** A WebAssembly module that plans. Two do: the whole one, and a small one that does nothing else. */
interface Planning {
  readonly calls: {
    plan(request: string): string;
    plan_evacuation(request: string): string;
  };
}

/** Has a module plan the rebalance of a snapshot. */
export function planBy(engine: Planning, request: PlanRequest): Plan {
  return decode(call(() => engine.calls.plan(encode(request))));
}

/** The same for the evacuation of one node. */
export function planEvacuationBy(engine: Planning, request: EvacuationRequest): EvacuationPlan {
  return decode(call(() => engine.calls.plan_evacuation(encode(request))));
}
