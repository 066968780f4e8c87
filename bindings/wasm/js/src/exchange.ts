import type { Carrier } from "./carrier.js";
import type { Clock } from "./clock.js";
import type { HttpAnswer, HttpRequest } from "./generated/messages.js";

/** Requests under way, answers that came, and the wait for either answer or time. */
export class Exchange {
  readonly #carrier: Carrier;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #answers: HttpAnswer[] = [];
  #cause: unknown;
  #wake: AbortController | undefined;
  #isWoken = false;

  constructor(carrier: Carrier, clock: Clock) {
    this.#carrier = carrier;
    this.#clock = clock;
  }

  /** The time, in whole milliseconds. */
  now(): number {
    return Math.floor(this.#clock.now());
  }

  /** The answers that came since the last call. */
  take(): HttpAnswer[] {
    return this.#answers.splice(0);
  }

  /** What was thrown last by who carries the requests. */
  get cause(): unknown {
    return this.#cause;
  }

  /** Sends everything that `requests` holds, all at once. */
  send(requests: HttpRequest[]): void {
    for (const request of requests) {
      void this.#carrier.carry(request, this.#end.signal).then(({ answer, cause }) => {
        this.#answers.push(answer);
        this.#cause = cause ?? this.#cause;
        this.wake();
      });
    }
  }

  /** Waits for an answer, for `wake`, for an abort, or until `wakeAt`. */
  async wait(wakeAt: number, signal: AbortSignal): Promise<void> {
    const wake = new AbortController();
    this.#wake = wake;
    const awaken = (): void => {
      wake.abort();
    };
    if (this.#isWoken || this.#answers.length > 0 || signal.aborted) awaken();
    signal.addEventListener("abort", awaken, { once: true });
    await this.#clock.sleep(wakeAt - this.#clock.now(), wake.signal);
    signal.removeEventListener("abort", awaken);
    this.#isWoken = false;
  }

  /** Ends a wait, or the next one before it begins. */
  wake(): void {
    this.#isWoken = true;
    this.#wake?.abort();
  }

  /** Takes back what is still under way. */
  close(): void {
    this.#end.abort();
  }
}
