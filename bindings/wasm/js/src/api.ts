export type { CallOptions } from "./call-options.js";
export type { FetchInit, FetchLike } from "./carrier.js";
export type { Clock } from "./clock.js";
export { Cluster, type ClusterOptions } from "./cluster.js";
export { RebalanceError } from "./errors.js";
export type * from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export { plan, planEvacuation } from "./plan.js";
export type {
  EvacuationRequest,
  EvacuationWishes,
  PlanRequest,
  PlanWishes,
  StartWishes,
  Wishes,
} from "./requests.js";
export type { Run, Store, TimedEvent, WatchOptions } from "./run.js";
