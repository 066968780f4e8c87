import { MILLISECONDS, options as optionsOf, SIGNAL } from "./check.js";
import type { Clock } from "./clock.js";
import { Course } from "./course.js";
import type { RawRun } from "./engine.js";
import { RebalanceError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { Feed } from "./feed.js";
import type { Event, Outcome, Plan, Record as RunRecord, Status } from "./generated/contract.js";
import type { RunInput, RunStep } from "./generated/messages.js";
import { call, decode, encode } from "./json.js";
import { asyncDispose, type Signal } from "./platform.js";
import { page, type ReportOptions } from "./report.js";

/** Something that the driver did or saw, and when. */
export type TimedEvent = Event & { at_ms: number };

/** Ways to look on. */
export interface WatchOptions {
  /** Ends the looking, not the run. */
  signal?: Signal | null;
}

/** Ways to wait. */
export interface WaitOptions extends WatchOptions {
  /** Milliseconds to wait at most. Default: until there is a verdict. */
  timeout?: number | null;
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
  readonly #course = new Course();
  readonly #events: TimedEvent[] = [];
  #statusText: string;
  #status: Status;
  #isStopAsked = false;
  /** Resolves once it is driven no longer and nothing is sent any more. @internal */
  readonly over: Promise<void>;

  /** @internal */
  constructor(raw: RawRun, exchange: Exchange, clock: Clock, store: Store<State> | undefined) {
    this.#raw = raw;
    this.#exchange = exchange;
    this.#clock = clock;
    this.#store = store;
    this.#statusText = raw.status();
    this.#status = decode(this.#statusText);
    this.#course.see(this.#status, this.#statusText);
    this.over = this.#drive();
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
  async *watch(options?: WatchOptions): AsyncGenerator<Status, void, undefined> {
    const { signal } = optionsOf(options, "watch", LOOK);
    for await (const _ of this.#feed.changes(signal)) yield this.#status;
  }

  /** What the driver did and saw, from the beginning. */
  async *events(options?: WatchOptions): AsyncGenerator<TimedEvent, void, undefined> {
    const { signal } = optionsOf(options, "events", LOOK);
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
  async wait(options?: WaitOptions): Promise<Outcome> {
    const { signal, timeout } = optionsOf(options, "wait", WAIT);
    const patience = new AbortController();
    const late = typeof timeout === "number" ? this.#late(timeout, patience.signal) : undefined;
    const verdict = this.#verdict(signal, patience.signal);
    try {
      return await (late ? Promise.race([verdict, late]) : verdict);
    } finally {
      patience.abort();
    }
  }

  /** Has EMQX stop the runs, and waits for the verdict. */
  async stop(options?: WaitOptions): Promise<Outcome> {
    // Nothing is stopped by a call that is wrong.
    optionsOf(options, "stop", WAIT);
    this.#isStopAsked = true;
    this.#exchange.wake();
    return this.wait(options);
  }

  /** Drives it no longer. EMQX goes on by itself; `resume` takes it up again. */
  leave(): void {
    this.#leave.abort();
  }

  /** The same as `leave`. Resolves once nothing is sent any more. */
  detach(): Promise<void> {
    this.leave();
    return this.over;
  }

  /** The same as `detach`, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.detach();
  }

  /**
   * The page about it, as the command writes it with `--report`: HTML that holds all it shows and loads nothing. Before
   * the verdict it shows how far it came. Rejects with kind `unsupported` for an evacuation.
   */
  report(options?: ReportOptions): Promise<string> {
    const { record } = this;
    const about = record ? { record } : { job: { plan: decode<{ plan: Plan }>(this.#raw.state()).plan } };
    return page(about, this.#course.statuses, options);
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
    this.#course.see(this.#status, status);
    this.#feed.publish();
  }

  async #verdict(signal: Signal | null | undefined, over: AbortSignal): Promise<Outcome> {
    for await (const _ of this.#feed.changes(signal)) {
      if (over.aborted || this.#status.outcome) break;
    }
    const outcome = this.outcome;
    if (outcome) return outcome;
    throw left();
  }

  async #late(timeout: number, signal: AbortSignal): Promise<never> {
    const end = this.#clock.now() + timeout;
    // A clock may wake before the end of a long sleep.
    while (!signal.aborted && this.#clock.now() < end) await this.#clock.sleep(end - this.#clock.now(), signal);
    const context = { timeout_ms: String(timeout) };
    const message = "no verdict in time: the run goes on";
    throw new RebalanceError({ kind: "timeout", message, context, retryable: true });
  }
}

const LOOK = { signal: SIGNAL };
const WAIT = { signal: SIGNAL, timeout: MILLISECONDS };

function left(): RebalanceError {
  const message = "the run was left before its verdict: resume it from its state";
  return new RebalanceError({ kind: "conflict", message, context: {}, retryable: false });
}
