import * as glue from "./generated/emqx_rebalance_simulation_wasm.js";
import { Engine } from "./loader.js";

/** The embedded cluster. */
export const simulationEngine = new Engine(glue, "initSimulation()");
export type { Simulation as RawSimulation } from "./generated/emqx_rebalance_simulation_wasm.js";
