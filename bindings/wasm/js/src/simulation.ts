import type { CallOptions } from "./call-options.js";
import type { FetchInit, FetchLike } from "./carrier.js";
import { check, MILLISECONDS, options as optionsOf, SIGNAL } from "./check.js";
import type { Clock } from "./clock.js";
import type { ClusterConfig, Fault, NodeConfig, NodeCounts, PageAnswer, PageRequest, ScheduledFault, Totals } from "./generated/cluster-config.js";
import { call, decode, encode } from "./json.js";
import { type RawSimulation, simulationEngine } from "./simulation-engine.js";
import { VirtualClock } from "./virtual-clock.js";

type Options<T> = { [K in keyof T]?: T[K] extends object ? Options<T[K]> : T[K] };

/** A cluster to simulate. Everything but the nodes' names has a default. */
export type SimulationConfig = Options<Omit<ClusterConfig, "nodes" | "faults">> & {
  nodes: (Pick<NodeConfig, "name"> & Partial<NodeConfig>)[];
  faults?: ScheduledFault[];
};

interface Waiting {
  ticket: number;
  settle: (answer: PageAnswer) => void;
}

/**
 * An EMQX cluster in the page, in virtual time: nodes, clients that come back, a load balancer, and
 * the HTTP API of each node. Nothing happens until `advance`.
 */
export class Simulation {
  /** Answers requests to `http://sim` (any node that is up), `nodeUrls`, and nodes' own hosts. */
  readonly fetch: FetchLike;
  /** Its time, in milliseconds since its beginning. */
  readonly clock: Clock;
  /** Where to reach each node: for `new Cluster({ url: "http://sim", nodeUrls, … })`. */
  readonly nodeUrls: Readonly<Record<string, string>>;
  readonly #raw: RawSimulation;
  readonly #clock: VirtualClock;
  readonly #places = new Map<string, number | undefined>([["sim", undefined]]);
  #waiting: Waiting[] = [];
  /** The part of a millisecond that `advance` still owes: the cluster's clock has whole ones. */
  #fraction = 0;

  /**
   * A cluster at time zero.
   *
   * @throws RebalanceError `config_invalid` with every problem of `config`.
   */
  constructor(config: SimulationConfig) {
    this.#raw = call(() => new simulationEngine.calls.Simulation(encode(config, "cluster")));
    this.#clock = new VirtualClock(() => this.#raw.now());
    this.clock = this.#clock;
    this.fetch = (url, init) => this.#fetch(url, init);
    this.nodeUrls = this.#addresses(config.nodes.map((node) => node.name));
  }

  /** Milliseconds since its beginning. */
  get now(): number {
    return this.#raw.now();
  }

  /** Every node as it is now. */
  counts(): NodeCounts[] {
    return decode(call(() => this.#raw.counts()));
  }

  /** What became of the clients so far. */
  totals(): Totals {
    return decode(call(() => this.#raw.totals()));
  }

  /** Breaks something, or mends it. */
  inject(fault: Fault): void {
    call(() => {
      this.#raw.inject(encode(fault, "fault"));
    });
  }

  /**
   * Lets `ms` milliseconds pass, with everything that happens in them, runs that are driven too.
   * Fractions add up over calls. An abort ends it where it is.
   *
   * @throws RebalanceError `config_invalid` if `ms` is no such number.
   */
  async advance(ms: number, options?: CallOptions): Promise<void> {
    const { signal } = optionsOf(options, "advance", { signal: SIGNAL });
    const end = this.#after(ms);
    await this.#clock.settle();
    while (this.now < end) {
      signal?.throwIfAborted();
      const answer = this.#waiting.length > 0 ? this.#raw.next_event() : Infinity;
      // Somebody who wants to be woken at once must not keep the clock from moving.
      const next = Math.max(Math.min(this.#clock.nextWake(), answer), this.now + 1);
      this.#raw.advance_to(Math.min(next, end));
      this.#deliver();
      this.#clock.wakeDue();
      await this.#clock.settle();
    }
  }

  /** When `ms` milliseconds will have passed, in whole ones. */
  #after(ms: number): number {
    check("advance", "ms", ms, MILLISECONDS);
    const end = Math.floor(this.now + this.#fraction + ms);
    this.#fraction += this.now + ms - end;
    return end;
  }

  async #fetch(url: string, init: Partial<FetchInit> = {}): Promise<Response> {
    const { method = "GET", headers = {}, body, signal = new AbortController().signal } = init;
    this.#clock.touch();
    signal.throwIfAborted();
    const { hostname, pathname, search } = new URL(url, "http://sim");
    if (!this.#places.has(hostname)) throw new TypeError(`no such host: ${hostname}`);
    const node = this.#places.get(hostname);
    const request: PageRequest = {
      ...(node !== undefined && { node }),
      method,
      path: pathname + search,
      headers,
      body: body ?? "",
    };
    const answer: PageAnswer = decode(call(() => this.#raw.send(encode(request))));
    return respond(answer.answer === "waiting" ? await this.#wait(answer.ticket, signal) : answer);
  }

  #wait(ticket: number, signal: AbortSignal): Promise<PageAnswer> {
    return new Promise((resolve, reject) => {
      const waiting = { ticket, settle: resolve };
      this.#waiting.push(waiting);
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.#raw.give_up(ticket);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #deliver(): void {
    for (const waiting of this.#waiting) {
      const answer: PageAnswer | null = decode(call(() => this.#raw.collect(waiting.ticket)));
      if (!answer) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.settle(answer);
    }
  }

  /** Notes where requests go: to a URL of each node's own, and to its host if that is its alone. */
  #addresses(names: string[]): Record<string, string> {
    const hosts = names.map((name) => name.slice(name.indexOf("@") + 1).toLowerCase());
    names.forEach((_, place) => {
      const host = hosts[place] ?? "";
      if (hosts.filter((other) => other === host).length === 1) this.#places.set(host, place);
      this.#places.set(`node-${place + 1}.sim`, place);
    });
    return Object.fromEntries(names.map((name, place) => [name, `http://node-${place + 1}.sim`]));
  }
}

function respond(answer: PageAnswer): Response {
  if (answer.answer !== "response") throw new TypeError(answer.answer === "failed" ? answer.why : "no answer");
  const { status, headers, body } = answer;
  return new Response(body === "" ? null : body, { status, headers });
}
