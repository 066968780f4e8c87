export type { CallOptions } from "./call-options.js";
export { RebalanceError } from "./errors.js";
export type { ClusterConfig, Fault, HttpFailure, HttpFault, NodeConfig, NodeCounts, Policy, Release, ScheduledFault, Totals } from "./generated/cluster-config.js";
export type { ErrorInfo, ErrorKind, Problem } from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export { Simulation, type SimulationConfig } from "./simulation.js";
