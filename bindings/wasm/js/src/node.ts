import { readFile } from "node:fs/promises";
import type { CallOptions } from "./call-options.js";
import { engine } from "./engine.js";
import type { WasmSource } from "./loader.js";

export * from "./api.js";

/** Loads the WebAssembly, once: from beside this module, or from where `source` says. */
export function init(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  const here = (): URL => new URL("../wasm/emqx_rebalance_wasm_bg.wasm", import.meta.url);
  return engine.load(() => source ?? readFile(here()), options);
}
