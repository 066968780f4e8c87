import type { Signal } from "./platform.js";

/** Whose time it is. */
export interface Clock {
  /** Milliseconds since 1970, or since whatever this clock calls zero. */
  now(): number;
  /** Resolves after `ms` milliseconds or on abort, whichever is first. Never rejects. */
  sleep(ms: number, signal: Signal): Promise<void>;
}

/** The wall clock. */
export const wallClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      // Longer ones would be over at once; the driver comes to no harm from being woken early.
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), LONGEST_MS));
      signal.addEventListener("abort", done, { once: true });
    });
  },
};

const LONGEST_MS = 2 ** 31 - 1;
