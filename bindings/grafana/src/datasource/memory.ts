import type { DriverState } from 'emqx-rebalance';
import type { Plan } from '../contract';

/** What it takes to go on following a rebalance after this browser tab was reloaded. */
export interface Remembered {
  plan: Plan;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** The driver's own state, for `Cluster.resume`. */
  state: DriverState;
}

/**
 * Remembers the rebalance that this tab drives, for this tab and for those that are made by duplicating it.
 *
 * Holds counts, node names and options. There are no secrets in a browser to be kept.
 */
export class Memory {
  private readonly key: string;

  constructor(uid: string) {
    this.key = `emqx-rebalance ${uid}`;
  }

  recall(): Remembered | undefined {
    try {
      const text = sessionStorage.getItem(this.key);
      return text === null ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** Without room, or where the browser forbids it, a reload shows what EMQX says, without the forecast. */
  keep(remembered: Remembered): void {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(remembered));
    } catch {
      this.forget();
    }
  }

  forget(): void {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // What may not be used holds nothing.
    }
  }
}
