export type { CallOptions } from "./call-options.js";
export { type ErrorInfo, RebalanceError } from "./errors.js";
export type { ClusterConfig, Fault, HttpFailure, HttpFault, NodeConfig, Policy, Release, ScheduledFault, Totals } from "./generated/cluster-config.js";
export type { WasmSource } from "./loader.js";
export { type NodeCounts, Simulation, type SimulationConfig } from "./simulation.js";
