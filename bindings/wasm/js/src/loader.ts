import type { CallOptions } from "./call-options.js";
import { misuse } from "./errors.js";

/** Where WebAssembly comes from: bytes, a compiled module, an answer that brings it, or its URL. */
export type WasmSource = BufferSource | WebAssembly.Module | Response | URL | string;

/** What wasm-bindgen makes of a module. */
interface Glue {
  default(options: { module_or_path: WasmSource }): Promise<unknown>;
}

/** A WebAssembly module that is loaded once, and its functions from then on. */
export class Engine<G extends Glue> {
  readonly #glue: G;
  readonly #init: string;
  #loading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(glue: G, init: string) {
    this.#glue = glue;
    this.#init = init;
  }

  /** Loads the module, once. After a failure it can be tried again. */
  load(source: () => WasmSource | Promise<WasmSource>, { signal }: CallOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    this.#loading ??= this.#load(source).catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return signal ? unlessAborted(this.#loading, signal) : this.#loading;
  }

  async #load(source: () => WasmSource | Promise<WasmSource>): Promise<void> {
    await this.#glue.default({ module_or_path: await source() });
    this.#isLoaded = true;
  }

  /** The module's functions. */
  get calls(): G {
    if (!this.#isLoaded) throw misuse(`the WebAssembly is not loaded yet: await ${this.#init} first`);
    return this.#glue;
  }
}

/** What `promise` comes to, or the signal's reason if that is first. Who else waits is not concerned. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", end, { once: true });
    void promise.then(resolve, reject).then(() => {
      signal.removeEventListener("abort", end);
    });
  });
}
