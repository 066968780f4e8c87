import { invalid, RebalanceError } from "./errors.js";
import type { ErrorInfo } from "./generated/contract.js";

/**
 * The JSON text of `value`. What JSON has no word for (NaN, infinities, bigints, functions, maps) goes as
 * text, so that Rust names the field, where JSON.stringify would put a silent null, leave it out or fail.
 */
export function encode(value: unknown, what = "request"): string {
  try {
    const text = JSON.stringify(value, (_, part: unknown) => sayable(part)) as string | undefined;
    return text ?? "null";
  } catch (error) {
    throw invalid(what, [{ field: what, value: "a circle", bound: "what can be written as JSON" }], error);
  }
}

function sayable(part: unknown): unknown {
  switch (typeof part) {
    case "number": return Number.isFinite(part) ? part : String(part);
    case "bigint": return String(part);
    case "function": return "a function";
    case "symbol": return "a symbol";
    default: return part instanceof Map || part instanceof Set ? `a ${part.constructor.name}` : part;
  }
}

/** Reads what Rust wrote. */
export function decode<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** Calls Rust, which throws errors as the text of their JSON. */
export function call<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw typeof thrown === "string" ? new RebalanceError(decode<ErrorInfo>(thrown)) : thrown;
  }
}
