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

  /** The same, because of something that was thrown below. @internal */
  because(cause: unknown): RebalanceError {
    const { kind, message, context, problems, retryable } = this;
    return new RebalanceError({ kind, message, context, problems: [...problems], retryable }, { cause });
  }

  /** What `JSON.stringify` writes: the message and the cause too, which it leaves out of other errors. */
  toJSON(): Record<string, unknown> {
    const { name, kind, message, context, problems, retryable, cause } = this;
    return { name, kind, message, context, problems, retryable, ...(cause !== undefined && { cause: told(cause) }) };
  }
}

/** An error for what a caller of the package did wrong before Rust was asked. */
export function misuse(message: string): RebalanceError {
  return new RebalanceError({ kind: "config_invalid", message, context: {}, retryable: false });
}

/** An error for bad arguments that Rust is not asked about, in Rust's words. */
export function invalid(what: string, problems: [Problem, ...Problem[]], cause?: unknown): RebalanceError {
  const said = problems.map(({ field, value, bound }) => `\`${field}\` is \`${value}\` but must be ${bound}`);
  const message = `invalid ${what}: ${said.join("; ")}`;
  const info: ErrorInfo = { kind: "config_invalid", message, context: { ...problems[0] }, problems, retryable: false };
  return new RebalanceError(info, cause === undefined ? undefined : { cause });
}

/** A cause as JSON can say it, and what caused that, as far as anybody reads. */
function told(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error) || cause instanceof RebalanceError) return cause;
  const { name, message } = cause;
  const deeper = cause.cause !== undefined && depth < MOST_CAUSES;
  return { name, message, ...(deeper && { cause: told(cause.cause, depth + 1) }) };
}

const MOST_CAUSES = 4;
