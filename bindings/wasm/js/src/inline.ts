import { bytes } from "./base64.js";
import type { CallOptions } from "./call-options.js";
import { engine } from "./engine.js";
import base64 from "./generated/emqx_rebalance_wasm.base64.js";
import type { WasmSource } from "./loader.js";

export * from "./api.js";

/** Loads the WebAssembly, once: from this module, or from where `source` says. Fetches nothing. */
export function init(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return engine.load(() => source ?? bytes(base64), options);
}
