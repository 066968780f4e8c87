import type { CallOptions } from "./call-options.js";
import { engine } from "./engine.js";
import type { WasmSource } from "./loader.js";

export type { CallOptions } from "./call-options.js";
export type { FetchInit, FetchLike } from "./carrier.js";
export type { Clock } from "./clock.js";
export { Cluster, type ClusterOptions } from "./cluster.js";
export { RebalanceError } from "./errors.js";
export type * from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export { plan, planEvacuation } from "./plan.js";
export type { ReportOptions } from "./report.js";
export type {
  EvacuationRequest,
  EvacuationWishes,
  PlanRequest,
  PlanWishes,
  StartWishes,
  Wishes,
} from "./requests.js";
export type { Run, Store, TimedEvent, WaitOptions, WatchOptions } from "./run.js";

/**
 * Loads the WebAssembly, once: from where this way into the package has it, or from where `source` says. Not
 * needed where it is at hand, as in node and in `emqx-rebalance/inline`; elsewhere calls that wait do it by themselves.
 */
export function init(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return engine.load(source, options);
}
