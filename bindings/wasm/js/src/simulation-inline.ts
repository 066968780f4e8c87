import { bytes } from "./base64.js";
import type { CallOptions } from "./call-options.js";
import { simulationEngine } from "./simulation-engine.js";
import base64 from "./generated/emqx_rebalance_simulation_wasm.base64.js";
import type { WasmSource } from "./loader.js";

export * from "./simulation-api.js";

/** Loads the embedded cluster, once: from this module, or from where `source` says. Fetches nothing. */
export function initSimulation(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return simulationEngine.load(() => source ?? bytes(base64), options);
}
