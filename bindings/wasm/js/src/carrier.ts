import type { Clock } from "./clock.js";
import type { HttpAnswer, HttpRequest } from "./generated/messages.js";
import type { HttpResponse, Signal } from "./platform.js";

/** Any function like `fetch`: `window.fetch`, node's, Grafana's, a simulation's. */
export type FetchLike = (url: string, init: FetchInit) => Promise<HttpResponse>;

/** What is asked of it. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: Signal;
  redirect: "error";
  cache: "no-store";
}

/** What came of a request, and what was thrown on the way if it went wrong. */
export interface Carried {
  answer: HttpAnswer;
  cause?: unknown;
}

/** Sends requests and never fails: what goes wrong is an answer too. */
export class Carrier {
  readonly #fetch: FetchLike;
  readonly #clock: Clock;

  constructor(fetch: FetchLike, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** Sends `request`, until it is answered, late, or `signal` is aborted. */
  async carry(request: HttpRequest, signal: Signal): Promise<Carried> {
    const { id } = request;
    const attempt = new AbortController();
    const end = (): void => {
      attempt.abort();
    };
    signal.addEventListener("abort", end, { once: true });
    const late = this.#clock.sleep(request.timeout_ms, attempt.signal).then(() => {
      attempt.abort();
      return { answer: { id, error: { kind: "timeout", message: "" } } } satisfies Carried;
    });
    try {
      return await Promise.race([this.#send(request, attempt.signal), late]);
    } finally {
      signal.removeEventListener("abort", end);
      attempt.abort();
    }
  }

  async #send(request: HttpRequest, signal: Signal): Promise<Carried> {
    const { id, url, timeout_ms: _, ...parts } = request;
    // By name: browsers' own `fetch` refuses to be called as a method of something else.
    const fetch = this.#fetch;
    let response: Response;
    try {
      response = await fetch(url, { ...parts, signal, redirect: "error", cache: "no-store" });
    } catch (error) {
      return { answer: { id, error: { kind: "unreachable", message: why(error) } }, cause: error };
    }
    try {
      return { answer: { id, status: response.status, body: await read(response) } };
    } catch (error) {
      return { answer: { id, error: { kind: "protocol", message: why(error) } }, cause: error };
    }
  }
}

/** Reads a body, but no more of it than EMQX ever says. */
async function read(response: Response): Promise<string> {
  if (!response.body) return (await response.text()).slice(0, MAX_BODY + 1);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY) {
      await reader.cancel();
      throw new Error(`the answer is larger than ${MAX_BODY} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Browsers say no more than "failed to fetch"; node says why in the cause. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}

/** Largest answer that is read, in bytes: that of the Rust crate `emqx-rebalance-api`. */
const MAX_BODY = 4 * 1024 * 1024;
