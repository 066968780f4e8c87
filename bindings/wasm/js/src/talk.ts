import type { RawTalk } from "./engine.js";
import type { Exchange, Step } from "./exchange.js";
import { call, decode, encode } from "./json.js";

/** Puts one question to a cluster and waits for its answer. */
export async function talk<T>(
  raw: RawTalk,
  exchange: Exchange,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  try {
    for (;;) {
      signal.throwIfAborted();
      const step: Step & { result?: T } = decode(call(() => raw.step(exchange.now(), encode(exchange.take()))));
      if (step.wake_at_ms === null) return step.result as T;
      exchange.send(step.requests);
      await exchange.wait(step.wake_at_ms, signal);
    }
  } finally {
    exchange.close();
    raw.free();
  }
}
