import { plan } from 'emqx-rebalance';
import { sharing, type Balance, type Status } from '../contract';

/** A cluster at one time. */
export interface Observation {
  /** Milliseconds since 1970. */
  time: number;
  status: Status;
  /** Missing where no node takes clients. */
  balance?: Balance;
}

/**
 * What this browser tab has seen of a cluster. EMQX itself keeps no history.
 *
 * Holds at most {@link LIMIT} observations and forgets the oldest.
 */
export class Observations {
  private all: Observation[] = [];
  private readonly listeners = new Set<(observation: Observation) => void>();

  add(time: number, status: Status): Observation {
    const observation = { time, status, balance: balanceOf(status) };
    this.all = [...this.all.slice(-(LIMIT - 1)), observation];
    this.listeners.forEach((listener) => listener(observation));
    return observation;
  }

  /** The same for what may be the counts of an earlier look, told once more because something else changed. */
  addNew(time: number, status: Status): void {
    const latest = this.latest();
    const isRepeated = latest !== undefined && time - latest.time < REPEATED_MS && sameCounts(latest.status, status);
    if (isRepeated) {
      this.all.pop();
    }
    this.add(isRepeated ? latest.time : time, status);
  }

  latest(): Observation | undefined {
    return this.all.at(-1);
  }

  /** What was seen from `from` to `to`, both in milliseconds since 1970, in order. */
  between(from: number, to: number): Observation[] {
    return this.all.filter(({ time }) => time >= from && time <= to);
  }

  /** Calls `listener` for everything that is seen from now on, until the function that it returns is called. */
  subscribe(listener: (observation: Observation) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The balance of the nodes that share the clients, as every plan gives it. */
function balanceOf(status: Status): Balance | undefined {
  const nodes = sharing(status.nodes).map((load) => ({ ...load, status: 'running' as const }));
  return nodes.length > 0 ? plan({ snapshot: { nodes } }).balance.before : undefined;
}

function sameCounts(a: Status, b: Status): boolean {
  return (
    JSON.stringify(a.nodes.map((load) => load.connections)) === JSON.stringify(b.nodes.map((load) => load.connections))
  );
}

/** A driver tells the counts of its last look again just before the next one: curves would be stairs. */
const REPEATED_MS = 2500;
/** An hour and a half at one a second. */
const LIMIT = 5400;
