import type { Clock } from "./clock.js";

interface Sleeper {
  at: number;
  resolve: () => void;
}

/** A clock that stands still until it is told to move. */
export class VirtualClock implements Clock {
  readonly #time: () => number;
  #sleepers: Sleeper[] = [];
  #activity = 0;

  constructor(time: () => number) {
    this.#time = time;
  }

  now(): number {
    return this.#time();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.#activity += 1;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const sleeper = { at: this.now() + Math.max(ms, 0), resolve: done };
      this.#sleepers.push(sleeper);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  /** When the next sleeper wants to be woken; infinity if nobody sleeps. */
  nextWake(): number {
    return Math.min(Infinity, ...this.#sleepers.map((sleeper) => sleeper.at));
  }

  /** Wakes those whose time has come. */
  wakeDue(): void {
    const now = this.now();
    for (const sleeper of this.#sleepers.filter(({ at }) => at <= now)) sleeper.resolve();
  }

  /** Says that somebody is at work. */
  touch(): void {
    this.#activity += 1;
  }

  /** Waits until those who were woken have done what they can do at this moment. */
  async settle(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS && turns < MOST_TURNS; turns += 1) {
      const before = this.#activity;
      await turn();
      quiet = this.#activity === before ? quiet + 1 : 0;
    }
  }
}

/** Lets everything else that is due happen first. `setTimeout` would take 4 ms in browsers. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Turns without a sign of work after which nobody is taken to be at work. */
const QUIET_TURNS = 3;
/** So that two who never rest cannot keep the clock from moving. */
const MOST_TURNS = 1000;
