import * as glue from "./generated/emqx_rebalance_simulation_wasm.js";
import { Engine } from "./loader.js";

/** The embedded cluster. */
export const simulationEngine = /* @__PURE__ */ new Engine(glue, {
  init: "initSimulation()",
  entry: "emqx-rebalance/simulation",
  file: "emqx_rebalance_simulation.wasm",
});
export type { Simulation as RawSimulation } from "./generated/emqx_rebalance_simulation_wasm.js";
