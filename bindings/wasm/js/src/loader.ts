import type { CallOptions } from "./call-options.js";
import { check, options as optionsOf, SIGNAL } from "./check.js";
import { misuse, RebalanceError } from "./errors.js";
import type { Bytes, HttpResponse, Signal, Url, WasmModule } from "./platform.js";

/** Where WebAssembly comes from: bytes, a compiled module, an answer that brings it, or its URL. */
export type WasmSource = Bytes | WasmModule | HttpResponse | Url | string;

/** What wasm-bindgen makes of a module. */
interface Glue {
  default(options: { module_or_path: WasmSource }): Promise<unknown>;
  initSync(options: { module: Bytes }): unknown;
}

/** Where a way into the package has the WebAssembly. */
export interface Origin {
  /** For those who can wait. */
  later: () => WasmSource | Promise<WasmSource>;
  /** For those who cannot, where it is at hand. */
  now?: () => Bytes;
}

/** What a module is called by those who load it themselves. */
export interface Names {
  /** The call that loads it, such as `init()`. */
  init: string;
  /** The way into the package, such as `emqx-rebalance`. */
  entry: string;
  /** The file of the package that is the module. */
  file: string;
}

/** A WebAssembly module that is loaded once, and its functions from then on. */
export class Engine<G extends Glue> {
  readonly #glue: G;
  readonly #names: Names;
  #origin: Origin | undefined;
  #loading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(glue: G, names: Names) {
    this.#glue = glue;
    this.#names = names;
  }

  /** Learns where the module is. A way that has it at hand is better than one that must fetch it. */
  comesFrom(origin: Origin): void {
    if (!this.#origin?.now) this.#origin = origin;
  }

  /** Whether `calls` are there without waiting. */
  get isAtHand(): boolean {
    return this.#isLoaded || (this.#loading === undefined && this.#origin?.now !== undefined);
  }

  /** Loads the module, once. After a failure it can be tried again. */
  async load(source?: WasmSource | Promise<WasmSource> | null, options?: CallOptions): Promise<void> {
    const { signal } = optionsOf(options, this.#names.init, { signal: SIGNAL });
    if (!(source instanceof Promise)) this.#checkSource(source);
    signal?.throwIfAborted();
    if (this.#isLoaded) return;
    this.#loading ??= this.#load(source).finally(() => (this.#loading = undefined));
    await (signal ? unlessAborted(this.#loading, signal) : this.#loading);
  }

  /** Has the module there, by itself if nobody has loaded it. */
  async ready(signal?: Signal | null): Promise<void> {
    if (!this.isAtHand) await this.load(undefined, { signal: signal ?? null });
  }

  async #load(source: WasmSource | Promise<WasmSource> | null | undefined): Promise<void> {
    if (source === undefined || source === null) {
      await this.#default().catch((error: unknown) => Promise.reject(this.#missing(error)));
    } else {
      const given = await source;
      this.#checkSource(given);
      await this.#glue.default({ module_or_path: given });
    }
    this.#isLoaded = true;
  }

  #checkSource(source: WasmSource | null | undefined): void {
    if (source !== undefined && source !== null) check(this.#names.init, "source", source, SOURCE);
  }

  async #default(): Promise<void> {
    if (!this.#origin) throw new Error("nothing says where it is");
    await this.#glue.default({ module_or_path: await this.#origin.later() });
  }

  /** The module's functions. Where it is at hand it is loaded by itself. */
  get calls(): G {
    if (!this.#isLoaded) this.#loadNow();
    return this.#glue;
  }

  #loadNow(): void {
    // While it is being loaded another one would take the place of the first and of all it made.
    const now = this.#loading ? undefined : this.#origin?.now;
    if (!now) throw misuse(`the WebAssembly is not loaded yet: await ${this.#names.init} first`);
    try {
      this.#glue.initSync({ module: now() });
    } catch (error) {
      throw this.#missing(error);
    }
    this.#isLoaded = true;
  }

  #missing(cause: unknown): RebalanceError {
    const { init, entry, file } = this.#names;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message =
      `the WebAssembly of ${entry} did not load (${why}): where a bundler has moved the code without it, as esbuild ` +
      `and bun do, import ${entry}/inline instead, or give ${init} the bytes of emqx-rebalance/${file}`;
    return new RebalanceError({ kind: "unreachable", message, context: {}, retryable: true }, { cause });
  }
}

const SOURCE = { is: isSource, bound: "bytes, a URL, a Response or a WebAssembly.Module" };

function isSource(value: unknown): boolean {
  if (typeof value === "string" || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return "href" in value || "arrayBuffer" in value || Object.prototype.toString.call(value) === "[object WebAssembly.Module]";
}

/** What `promise` comes to, or the signal's reason if that is first. Who else waits is not concerned. */
function unlessAborted<T>(promise: Promise<T>, signal: Signal): Promise<T> {
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
