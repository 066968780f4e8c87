import type { CallOptions } from "./call-options.js";
import type { WasmSource } from "./loader.js";
import { simulationEngine } from "./simulation-engine.js";

export type { CallOptions } from "./call-options.js";
export { RebalanceError } from "./errors.js";
export type {
  ClusterConfig,
  Fault,
  HttpFailure,
  HttpFault,
  NodeConfig,
  NodeCounts,
  Policy,
  Release,
  ScheduledFault,
  Totals,
} from "./generated/cluster-config.js";
export type { ErrorInfo, ErrorKind, Problem } from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export { Simulation, type SimulationConfig } from "./simulation.js";

/**
 * Loads the embedded cluster, once: from where this way into the package has it, or from where `source` says. Not
 * needed where it is at hand, as in node and in `emqx-rebalance/simulation/inline`.
 */
export function initSimulation(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return simulationEngine.load(source, options);
}
