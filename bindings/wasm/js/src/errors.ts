import type { ErrorInfo, ErrorKind, Problem } from "./generated/contract.js";

/** What goes wrong in this package. Aborts reject with the signal's reason instead. */
export class RebalanceError extends Error {
  override readonly name = "RebalanceError";
  /** What went wrong, as one stable word. */
  readonly kind: ErrorKind;
  /** Details by name. Holds no secret. */
  readonly context: Readonly<Record<string, string>>;
  /** Every bad input at once; empty unless `kind` is `config_invalid`. */
  readonly problems: readonly Problem[];
  /** Whether asking the same again later may help. */
  readonly retryable: boolean;

  constructor(info: ErrorInfo, options?: ErrorOptions) {
    super(info.message, options);
    this.kind = info.kind;
    this.context = info.context;
    this.problems = info.problems ?? [];
    this.retryable = info.retryable;
  }
}

/** An error for what a caller of the package did wrong before Rust was asked. */
export function misuse(message: string, cause?: unknown): RebalanceError {
  const info: ErrorInfo = { kind: "config_invalid", message, context: {}, retryable: false };
  return new RebalanceError(info, cause === undefined ? undefined : { cause });
}

/** An error for one bad argument that Rust is not asked about, in Rust's words. */
export function invalid(what: string, problem: Problem): RebalanceError {
  const { field, value, bound } = problem;
  const message = `invalid ${what}: \`${field}\` is \`${value}\` but must be ${bound}`;
  const context = { field, value, bound };
  return new RebalanceError({ kind: "config_invalid", message, context, problems: [problem], retryable: false });
}
