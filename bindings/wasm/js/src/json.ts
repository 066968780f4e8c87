import { misuse, RebalanceError } from "./errors.js";
import type { ErrorInfo } from "./generated/contract.js";

/**
 * The JSON text of `value`. What JSON has no word for (NaN, infinities, bigints) goes as text, so
 * that Rust names the field, where JSON.stringify would put a silent null or fail.
 */
export function encode(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_, part: unknown) => sayable(part)) as string | undefined;
    return text ?? "null";
  } catch (error) {
    throw misuse("the request cannot be written as JSON", error);
  }
}

function sayable(part: unknown): unknown {
  const isNoNumber = typeof part === "number" && !Number.isFinite(part);
  return isNoNumber || typeof part === "bigint" ? String(part) : part;
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
