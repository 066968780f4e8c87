import { invalid } from "./errors.js";
import type { Problem } from "./generated/contract.js";

/** What an argument must be, and whether a value is that. One that may hold a secret is not shown. */
export interface Check {
  is: (value: unknown) => boolean;
  bound: string;
  isSecret?: boolean;
}

export const SIGNAL: Check = { is: isSignal, bound: "an AbortSignal" };
export const FUNCTION: Check = { is: (value) => typeof value === "function", bound: "a function" };
export const TEXT: Check = { is: (value) => typeof value === "string", bound: "a text" };
export const MILLISECONDS: Check = {
  is: (value) => typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
  bound: `a number of milliseconds from 0 to ${Number.MAX_SAFE_INTEGER}`,
};

/** Refuses a value that is not what it must be. */
export function check(what: string, field: string, value: unknown, { is, bound, isSecret = false }: Check): void {
  if (!is(value)) throw invalid(what, [{ field, value: shown(value, isSecret), bound }]);
}

/**
 * The options of a call as they were given, none if there are none. All that is wrong is named at once. Options
 * that are not `known` are Rust's to judge if it `isOpen`.
 */
export function options<T extends object>(
  given: T | null | undefined,
  what: string,
  known: { [K in keyof T]?: Check },
  isOpen = false,
): Partial<T> {
  if (given === undefined || given === null) return {};
  check(what, "options", given, OBJECT);
  const names = Object.keys(known);
  const problems = Object.entries(given).flatMap(([name, value]: [string, unknown]): Problem[] => {
    if (value === undefined || value === null) return [];
    const wanted = (known as Record<string, Check | undefined>)[name];
    if (wanted) return wanted.is(value) ? [] : [{ field: name, value: shown(value), bound: wanted.bound }];
    return isOpen ? [] : [{ field: name, value: shown(value), bound: `left out: the options are ${names.join(", ")}` }];
  });
  const [first, ...others] = problems;
  if (first) throw invalid(what, [first, ...others]);
  return given;
}

/** An object that stands for itself, which a text, a list and a function do not. */
export const OBJECT: Check = {
  is: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  bound: "an object",
};

/** A value in few words, as Rust shows it: of a text the beginning. */
function shown(value: unknown, isSecret = false): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  if (typeof value === "string") return isSecret ? "a text" : value.slice(0, MAX_SHOWN);
  const words: Partial<Record<string, string>> = { function: "a function", symbol: "a symbol" };
  return words[typeof value] ?? String(value);
}

/** By what it can do: a page may have one of another frame, or its own. */
function isSignal(value: unknown): boolean {
  const signal = value as Partial<AbortSignal> | null;
  return typeof signal?.throwIfAborted === "function" && typeof signal.addEventListener === "function";
}

const MAX_SHOWN = 60;
