import type { RawTalk } from "./engine.js";
import { RebalanceError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import type { TalkStep } from "./generated/messages.js";
import { call, decode, encode } from "./json.js";

/** Puts one question to a cluster and waits for its answer. */
export async function talk<T>(raw: RawTalk, exchange: Exchange, signal: AbortSignal): Promise<T> {
  try {
    for (;;) {
      signal.throwIfAborted();
      const step: TalkStep<T> = decode(call(() => raw.step(exchange.now(), encode(exchange.take()))));
      if (step.wake_at_ms === null) return step.result as T;
      exchange.send(step.requests);
      await exchange.wait(step.wake_at_ms, signal);
    }
  } catch (thrown) {
    throw withCause(thrown, exchange.cause);
  } finally {
    exchange.close();
    raw.free();
  }
}

/** Rust is told of a failure in words; who reads the error may want the failure itself. */
function withCause(thrown: unknown, cause: unknown): unknown {
  const isOfCarrier = thrown instanceof RebalanceError && (thrown.kind === "unreachable" || thrown.kind === "protocol");
  return isOfCarrier && cause !== undefined ? thrown.because(cause) : thrown;
}
