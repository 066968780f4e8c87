import { readFile } from "node:fs/promises";
import type { CallOptions } from "./call-options.js";
import { simulationEngine } from "./simulation-engine.js";
import type { WasmSource } from "./loader.js";

export * from "./simulation-api.js";

/** Loads the embedded cluster, once: from beside this module, or from where `source` says. */
export function initSimulation(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  const here = (): URL => new URL("../wasm/emqx_rebalance_simulation_wasm_bg.wasm", import.meta.url);
  return simulationEngine.load(() => source ?? readFile(here()), options);
}
