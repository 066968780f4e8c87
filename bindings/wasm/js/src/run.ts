import { type Clock } from "./clock.js";
import type { RawRun } from "./engine.js";
import { RebalanceError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { Feed } from "./feed.js";
import type { Event, Outcome, Record as RunRecord, Status } from "./generated/contract.js";
import type { RunInput, RunStep } from "./generated/messages.js";
import { call, decode, encode } from "./json.js";

/** Something that the driver did or saw, and when. */
export type TimedEvent = Event & { at_ms: number };

/** Ways to look on. */
export interface WatchOptions {
  /** Ends the looking, not the run. */
  signal?: AbortSignal;
}

/**
 * Keeps what a driver knows. What it returns is awaited before anything is sent, or told to those who
 * wait for the run; if it fails, the driving ends and they are told why.
 */
export type Store<State> = (state: State) => void | Promise<void>;

/**
 * A plan, or an evacuation, on its way to its verdict. It goes on by itself, whether anybody
 * watches or not; EMQX ends its runs by itself even if the page is closed.
 */
export class Run<State> {
  readonly #raw: RawRun;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #store: Store<State> | undefined;
  readonly #leave = new AbortController();
  readonly #feed = new Feed();
  readonly #events: TimedEvent[] = [];
  #statusText: string;
  #status: Status;
  #isStopAsked = false;

  /** @internal */
  constructor(raw: RawRun, exchange: Exchange, clock: Clock, store: Store<State> | undefined) {
    this.#raw = raw;
    this.#exchange = exchange;
    this.#clock = clock;
    this.#store = store;
    this.#statusText = raw.status();
    this.#status = decode(this.#statusText);
    void this.#drive();
  }

  /** Where it stands. */
  get status(): Status {
    return this.#status;
  }

  /** The verdict, once there is one. */
  get outcome(): Outcome | undefined {
    return decode<Outcome | null>(call(() => this.#raw.outcome())) ?? undefined;
  }

  /** All that the driver knows: another page or process goes on from it with `resume`. */
  get state(): State {
    return decode(call(() => this.#raw.state()));
  }

  /** What is worth keeping, once there is a verdict. Evacuations have none. */
  get record(): RunRecord | undefined {
    return decode<RunRecord | null>(call(() => this.#raw.record())) ?? undefined;
  }

  /** Where it stands, now and after every change, the verdict last. */
  async *watch({ signal }: WatchOptions = {}): AsyncGenerator<Status, void, undefined> {
    for await (const _ of this.#feed.changes(signal)) yield this.#status;
  }

  /** What the driver did and saw, from the beginning. */
  async *events({ signal }: WatchOptions = {}): AsyncGenerator<TimedEvent, void, undefined> {
    let next = 0;
    for await (const _ of this.#feed.changes(signal)) {
      for (const event of this.#events.slice(next)) yield event;
      next = this.#events.length;
    }
  }

  /**
   * Waits for the verdict. After `timeout` milliseconds it rejects with kind `timeout`, and the run
   * goes on.
   */
  async wait({ signal, timeout }: WatchOptions & { timeout?: number } = {}): Promise<Outcome> {
    const patience = new AbortController();
    const late = timeout === undefined ? undefined : this.#late(timeout, patience.signal);
    const verdict = this.#verdict(signal, patience.signal);
    try {
      return await (late ? Promise.race([verdict, late]) : verdict);
    } finally {
      patience.abort();
    }
  }

  /** Has EMQX stop the runs, and waits for the verdict. */
  stop(options: WatchOptions = {}): Promise<Outcome> {
    this.#isStopAsked = true;
    this.#exchange.wake();
    return this.wait(options);
  }

  /** Drives it no longer. EMQX goes on by itself; `resume` takes it up again. */
  leave(): void {
    this.#leave.abort();
  }

  async #drive(): Promise<void> {
    try {
      while (!this.#isLeft()) {
        const step = this.#step();
        if (this.#store) await this.#store(this.state);
        this.#tell(step.events);
        if (step.wake_at_ms === null || this.#isLeft()) break;
        this.#exchange.send(step.requests);
        await this.#exchange.wait(step.wake_at_ms, this.#leave.signal);
      }
      this.#feed.close();
    } catch (error) {
      this.#feed.close({ error });
    } finally {
      this.#exchange.close();
    }
  }

  #isLeft(): boolean {
    return this.#leave.signal.aborted;
  }

  #step(): RunStep & { events: TimedEvent[] } {
    const input: RunInput = { answers: this.#exchange.take(), stop: this.#isStopAsked };
    this.#isStopAsked = false;
    const now = this.#exchange.now();
    const step: RunStep = decode(call(() => this.#raw.step(now, encode(input))));
    return { ...step, events: step.events.map((event) => ({ ...event, at_ms: now })) };
  }

  /** Tells those who look on what came of a step, if there is news. */
  #tell(events: TimedEvent[]): void {
    const status = this.#raw.status();
    if (status === this.#statusText && events.length === 0) return;
    this.#events.push(...events);
    this.#statusText = status;
    this.#status = decode(status);
    this.#feed.publish();
  }

  async #verdict(signal: AbortSignal | undefined, over: AbortSignal): Promise<Outcome> {
    for await (const _ of this.#feed.changes(signal)) {
      if (over.aborted || this.#status.outcome) break;
    }
    const outcome = this.outcome;
    if (outcome) return outcome;
    throw left();
  }

  async #late(timeout: number, signal: AbortSignal): Promise<never> {
    await this.#clock.sleep(timeout, signal);
    const context = { timeout_ms: String(timeout) };
    const message = "no verdict in time: the run goes on";
    throw new RebalanceError({ kind: "timeout", message, context, retryable: true });
  }
}

function left(): RebalanceError {
  const message = "the run was left before its verdict: resume it from its state";
  return new RebalanceError({ kind: "conflict", message, context: {}, retryable: false });
}
