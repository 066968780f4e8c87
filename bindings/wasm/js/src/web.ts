import type { CallOptions } from "./call-options.js";
import { engine } from "./engine.js";
import type { WasmSource } from "./loader.js";

export * from "./api.js";

/** Loads the WebAssembly, once: from beside this module, or from where `source` says. */
export function init(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return engine.load(() => source ?? new URL("../wasm/emqx_rebalance_wasm_bg.wasm", import.meta.url), options);
}
