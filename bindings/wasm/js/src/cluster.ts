import type { CallOptions } from "./call-options.js";
import { Carrier, type FetchLike } from "./carrier.js";
import { type Clock, wallClock } from "./clock.js";
import { engine, type RawCluster } from "./engine.js";
import { Exchange } from "./exchange.js";
import type {
  AccessOptions,
  DriverState,
  EvacuationPlan,
  EvacuationStatus,
  EvacuatorState,
  Plan,
  Snapshot,
  Status,
} from "./generated/contract.js";
import { call, encode } from "./json.js";
import type { EvacuationWishes, PlanWishes, StartWishes } from "./requests.js";
import { Run, type Store } from "./run.js";
import { talk } from "./talk.js";

/** Where a cluster is, who asks, and how. One of `url` and `urls` is needed. */
export interface ClusterOptions extends AccessOptions {
  /** Carries the requests. Default `globalThis.fetch`. */
  fetch?: FetchLike;
  /** Whose time it is. Default: the wall clock. */
  clock?: Clock;
}

/** An EMQX cluster behind one or more URLs. */
export class Cluster {
  readonly #raw: RawCluster;
  readonly #carrier: Carrier;
  readonly #clock: Clock;

  /**
   * A cluster that nothing was asked yet.
   *
   * @throws RebalanceError `config_invalid` with every problem at once.
   */
  constructor(options: ClusterOptions) {
    const { fetch, clock, ...access } = options;
    this.#raw = call(() => new engine.calls.Cluster(encode(access)));
    this.#clock = clock ?? wallClock;
    this.#carrier = new Carrier(fetch ?? ((url, init) => globalThis.fetch(url, init)), this.#clock);
  }

  /** Every node's load now. */
  snapshot(options?: CallOptions): Promise<Snapshot> {
    return this.#ask("snapshot", null, options);
  }

  /** Plans for the cluster as it is now. */
  plan(request: PlanWishes = {}, options?: CallOptions): Promise<Plan> {
    return this.#ask("plan", request, options);
  }

  /**
   * Makes sure that a plan can still be started: the same nodes, each with as many clients as then give
   * or take 5 % of the average, and the plan no older than an hour.
   *
   * Rejects with kind `conflict`, saying what has changed since.
   */
  async checkFits(plan: Plan, options?: CallOptions): Promise<void> {
    await this.#ask("check_fits", plan, options);
  }

  /** Plans the evacuation of a node in the cluster as it is now. */
  planEvacuation(request: EvacuationWishes, options?: CallOptions): Promise<EvacuationPlan> {
    return this.#ask("plan_evacuation", request, options);
  }

  /** What runs now, whoever started it. Has no verdict: EMQX keeps none. */
  status(options?: CallOptions): Promise<Status> {
    return this.#ask("status", null, options);
  }

  /** The evacuations that go on. */
  evacuations(options?: CallOptions): Promise<EvacuationStatus[]> {
    return this.#ask("evacuations", null, options);
  }

  /** Stops the run of `coordinator`, or every run, and says which were stopped. */
  stop(coordinator?: string, options?: CallOptions): Promise<string[]> {
    return this.#ask("stop", coordinator, options);
  }

  /** Has a node take clients again, and says whether it was evacuated. */
  stopEvacuation(node: string, options?: CallOptions): Promise<boolean> {
    return this.#ask("stop_evacuation", node, options);
  }

  /**
   * Starts a plan and follows it to its verdict.
   *
   * Rejects before the first start is sent if a finding of the plan forbids it, or an option is bad,
   * or `signal` is aborted. The signal ends with the promise: the run goes on without it, until
   * `stop` or `leave`.
   */
  start(
    plan: Plan,
    { signal, store, ...wishes }: StartWishes & CallOptions & { store?: Store<DriverState> } = {},
  ): Promise<Run<DriverState>> {
    return this.#run("start", { ...wishes, plan }, store, signal);
  }

  /** The same with the evacuation of a node. */
  startEvacuation(
    plan: EvacuationPlan,
    { signal, store, ...wishes }: StartWishes & CallOptions & { store?: Store<EvacuatorState> } = {},
  ): Promise<Run<EvacuatorState>> {
    return this.#run("start_evacuation", { ...wishes, plan }, store, signal);
  }

  /** Goes on with a run, or an evacuation, that another page or process began. */
  resume<State extends DriverState | EvacuatorState>(
    state: State,
    { signal, store }: CallOptions & { store?: Store<State> } = {},
  ): Promise<Run<State>> {
    return this.#run("resume", state, store, signal);
  }

  /** The same as `resume`. */
  resumeEvacuation(
    state: EvacuatorState,
    options: CallOptions & { store?: Store<EvacuatorState> } = {},
  ): Promise<Run<EvacuatorState>> {
    return this.resume(state, options);
  }

  /** Asks a question of Rust's by its verb, with what it is about. */
  async #ask<T>(verb: string, given: unknown, { signal }: CallOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    return talk(call(() => this.#raw.ask(verb, encode(given))), this.#exchange(), signal);
  }

  async #run<State>(
    verb: string,
    given: unknown,
    store: Store<State> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Run<State>> {
    const text = encode(given);
    await this.#ask("connect", null, signal && { signal });
    signal?.throwIfAborted();
    return new Run(call(() => this.#raw.run(verb, text)), this.#exchange(), this.#clock, store);
  }

  #exchange(): Exchange {
    return new Exchange(this.#carrier, this.#clock);
  }
}
