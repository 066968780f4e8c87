/// <reference lib="esnext.disposable" preserve="true" />
// What the platform has, as types that stand whatever `lib` says: a project without the DOM's has node's
// of the same names, or none, and needs none.
type Here<Name extends string, Else> = typeof globalThis extends Record<Name, { prototype: infer T }> ? T : Else;

/** An `AbortSignal`. */
export type Signal = Here<
  "AbortSignal",
  {
    readonly aborted: boolean;
    readonly reason: unknown;
    throwIfAborted(): void;
    addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
    removeEventListener(type: "abort", listener: () => void): void;
  }
>;

/** A `Response`. */
export type HttpResponse = Here<
  "Response",
  {
    readonly status: number;
    readonly body: object | null;
    text(): Promise<string>;
  }
>;

/** A `URL`. */
export type Url = Here<"URL", { readonly href: string }>;

/** Bytes. */
export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** A `WebAssembly.Module`. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : never;

/**
 * `Symbol.asyncDispose`, by which `await using` closes things. Where the platform has none, compilers look for the
 * other one.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- browsers of 2024 have none
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
