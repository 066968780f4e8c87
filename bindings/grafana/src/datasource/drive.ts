import type { DriverState, Run } from 'emqx-rebalance';
import type { Plan, Status } from '../contract';
import { errorOf } from '../error';

/** A rebalance that this browser tab started, and how far it is. */
export interface DriveState {
  plan: Plan;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** As last seen; nothing is known of the first second. */
  status?: Status;
  /** Why it can no longer be followed. EMQX goes on by itself. */
  error?: Error;
}

/**
 * Follows one rebalance to its verdict.
 *
 * It lives with the data source and not with a panel, so that leaving the dashboard does not end it.
 */
export class Drive {
  /** Its last state, with the verdict, or with the error that hides it. Never rejects. */
  readonly ended: Promise<DriveState>;
  private current: DriveState;
  private readonly listeners = new Set<() => void>();

  constructor(
    plan: Plan,
    private readonly run: Run<DriverState>,
    startedAt: number,
    seen: (status: Status) => void
  ) {
    this.current = { plan, startedAt };
    this.ended = this.follow(seen);
  }

  /** The same object until something changes, as React's external stores must be. */
  readonly state = (): DriveState => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  isOver(): boolean {
    return this.current.error !== undefined || this.current.status?.outcome !== undefined;
  }

  async stop(): Promise<void> {
    await this.run.stop();
  }

  private async follow(seen: (status: Status) => void): Promise<DriveState> {
    try {
      for await (const status of this.run.watch()) {
        this.change({ status });
        seen(status);
      }
    } catch (error) {
      this.change({ error: errorOf(error) });
    }
    return this.current;
  }

  private change(part: Partial<DriveState>): void {
    this.current = { ...this.current, ...part };
    this.listeners.forEach((listener) => listener());
  }
}
