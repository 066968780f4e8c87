import type { DriverState, Run } from 'emqx-rebalance';
import type { Plan } from '../contract';
import { Drive } from './drive';
import { Line } from './line';
import { takeLock } from './lock';
import { Memory } from './memory';
import { Observations } from './observations';

type Store = (state: DriverState) => void;
type Begin = (store: Store) => Promise<Run<DriverState>>;
/** Has a driver go on from its state. */
type Resume = (state: DriverState, store: Store) => Promise<Run<DriverState>>;

/**
 * What this browser tab has seen of a cluster, and the one rebalance that it drives there.
 *
 * Two drivers must not drive one rebalance. Grafana makes a new instance of a data source whenever any data source
 * is saved, so the helm is the tab's and not the instance's; and between tabs, only the one that has the lock drives.
 */
export class Helm {
  readonly observations = new Observations();
  readonly line = new Line();
  private held?: Drive;
  private isNew = true;
  private readonly listeners = new Set<() => void>();
  private readonly memory: Memory;

  constructor(private readonly uid: string) {
    this.memory = new Memory(uid);
  }

  /** What this tab started last, if anything. */
  readonly current = (): Drive | undefined => this.held;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  isFollowing(): boolean {
    return this.held !== undefined && !this.held.isOver();
  }

  /**
   * Follows `plan` to its verdict once `begin` has begun it, whatever happens to the caller.
   *
   * @throws an Error if another tab drives a rebalance of this cluster
   */
  async start(plan: Plan, begin: Begin): Promise<Drive> {
    const drive = await this.drive(plan, Date.now(), begin);
    if (!drive) {
      throw new Error('another browser tab follows a rebalance of this cluster: wait for its verdict there');
    }
    return drive;
  }

  /**
   * Goes on with what this tab drove before it was reloaded, the first time that an instance asks. A duplicate of a tab remembers the same, but has no
   * lock: it forgets, and watches as any other browser.
   */
  async resume(begin: Resume): Promise<void> {
    const remembered = this.isNew && this.memory.recall();
    this.isNew = false;
    if (remembered) {
      const { plan, startedAt, state } = remembered;
      const drive = await this.drive(plan, startedAt, (store) => begin(state, store)).catch(() => undefined);
      if (!drive) {
        this.memory.forget();
      }
    }
  }

  private async drive(plan: Plan, startedAt: number, begin: Begin): Promise<Drive | undefined> {
    const release = await takeLock(`emqx-rebalance ${this.uid}`);
    if (!release) {
      return undefined;
    }
    try {
      const run = await begin((state) => this.memory.keep({ plan, startedAt, state }));
      return this.follow(plan, run, startedAt, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  private follow(plan: Plan, run: Run<DriverState>, startedAt: number, release: () => void): Drive {
    const drive = new Drive(plan, run, startedAt, (status) => this.observations.addNew(Date.now(), status));
    this.put(drive);
    void drive.ended.then(() => {
      this.memory.forget();
      release();
    });
    return drive;
  }

  /** Puts a verdict away. */
  dismiss(): void {
    if (this.held?.isOver()) {
      this.put(undefined);
    }
  }

  private put(drive: Drive | undefined): void {
    this.held = drive;
    this.listeners.forEach((listener) => listener());
  }
}

const helms = new Map<string, Helm>();

/** The helm of the data source `uid` in this tab. */
export function helmOf(uid: string): Helm {
  const helm = helms.get(uid) ?? new Helm(uid);
  helms.set(uid, helm);
  return helm;
}
