import type { CallOptions } from "./call-options.js";
import { Carrier, type FetchLike } from "./carrier.js";
import { check, FUNCTION, OBJECT, options as optionsOf, SIGNAL, TEXT } from "./check.js";
import { type Clock, wallClock } from "./clock.js";
import { engine, type RawCluster, type RawJob } from "./engine.js";
import { RebalanceError } from "./errors.js";
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
import { asyncDispose, type Signal } from "./platform.js";
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

/** What a start takes beside its plan. */
type StartOptions<State> = StartWishes & CallOptions & { store?: Store<State> };

/** An EMQX cluster behind one or more URLs. */
export class Cluster {
  readonly #access: string;
  readonly #carrier: Carrier;
  readonly #clock: Clock;
  /** Ends the questions that are being asked. */
  readonly #questions = new Set<AbortController>();
  readonly #runs = new Set<{ detach(): Promise<void> }>();
  #raw: RawCluster | undefined;
  #isClosed = false;

  /**
   * A cluster that nothing was asked yet.
   *
   * @throws RebalanceError `config_invalid` with every problem at once. Where the WebAssembly is not loaded yet and
   * cannot be at once, in browsers before `init()`, the first question rejects with it instead.
   */
  constructor(options: ClusterOptions) {
    check("cluster", "options", options, ACCESS);
    const { fetch, clock } = optionsOf(options, "cluster", { fetch: FUNCTION, clock: CLOCK }, true);
    const { fetch: _, clock: __, ...access } = options;
    this.#access = encode(access, "options");
    this.#clock = clock ?? wallClock;
    this.#carrier = new Carrier(fetch ?? ((url, init) => globalThis.fetch(url, init)), this.#clock);
    if (engine.isAtHand) this.#open();
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
    check("plan", "plan", plan, OBJECT);
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

  /** Stops the run of `coordinator`, or every run if that is left out, and says which were stopped. */
  async stop(coordinator?: string | null, options?: CallOptions): Promise<string[]> {
    if (coordinator !== undefined && coordinator !== null) check("stop", "coordinator", coordinator, COORDINATOR);
    return this.#ask("stop", coordinator, options);
  }

  /** Has a node take clients again, and says whether it was evacuated. */
  async stopEvacuation(node: string, options?: CallOptions): Promise<boolean> {
    check("stopEvacuation", "node", node, NODE);
    return this.#ask("stop_evacuation", node, options);
  }

  /**
   * Starts a plan and follows it to its verdict.
   *
   * Rejects before the first start is sent if a finding of the plan forbids it, or an option is bad,
   * or `signal` is aborted. The signal ends with the promise: the run goes on without it, until
   * `stop`, `detach`, or the cluster is closed.
   */
  start(plan: Plan, options?: StartOptions<DriverState>): Promise<Run<DriverState>> {
    return this.#start("start", plan, options);
  }

  /** The same with the evacuation of a node. */
  evacuate(plan: EvacuationPlan, options?: StartOptions<EvacuatorState>): Promise<Run<EvacuatorState>> {
    return this.#start("start_evacuation", plan, options);
  }

  /** The same as `evacuate`. */
  startEvacuation(plan: EvacuationPlan, options?: StartOptions<EvacuatorState>): Promise<Run<EvacuatorState>> {
    return this.evacuate(plan, options);
  }

  /** Goes on with a run, or an evacuation, that another page or process began. */
  async resume<State extends DriverState | EvacuatorState>(
    state: State,
    options?: CallOptions & { store?: Store<State> },
  ): Promise<Run<State>> {
    check("state", "state", state, OBJECT);
    const { signal, store } = optionsOf(options, "resume", { signal: SIGNAL, store: FUNCTION });
    return this.#run("resume", state, store, signal);
  }

  /** The same as `resume`. */
  resumeEvacuation(
    state: EvacuatorState,
    options?: CallOptions & { store?: Store<EvacuatorState> },
  ): Promise<Run<EvacuatorState>> {
    return this.resume(state, options);
  }

  /**
   * Asks it nothing more. Questions that are being asked reject with kind `conflict`, and its runs are driven no
   * longer, as by `detach`: EMQX goes on by itself. Resolves once nothing is sent any more.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const question of this.#questions) question.abort(closed());
    await Promise.all([...this.#runs].map((run) => run.detach()));
    this.#raw?.free();
    this.#raw = undefined;
  }

  /** The same as `close`, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks a question of Rust's by its verb, with what it is about. */
  async #ask<T>(verb: string, given: unknown, options?: CallOptions): Promise<T> {
    const { signal } = optionsOf(options, verb, { signal: SIGNAL });
    signal?.throwIfAborted();
    const text = encode(given);
    const raw = await this.#ready(signal);
    const question = new AbortController();
    const end = (): void => {
      question.abort(signal?.reason);
    };
    signal?.addEventListener("abort", end, { once: true });
    this.#questions.add(question);
    try {
      return await talk(call(() => raw.ask(verb, text)), this.#exchange(), question.signal);
    } finally {
      this.#questions.delete(question);
      signal?.removeEventListener("abort", end);
    }
  }

  async #start<State>(
    verb: string,
    plan: unknown,
    options: StartOptions<State> | undefined,
  ): Promise<Run<State>> {
    check("start", "plan", plan, OBJECT);
    const known = { signal: SIGNAL, store: FUNCTION };
    const { signal, store, ...wishes } = optionsOf<StartOptions<State>>(options, "start", known, true);
    return this.#run(verb, { ...wishes, plan }, store, signal);
  }

  /** Begins a job. What is wrong with it is said before the cluster is asked for anything. */
  async #run<State>(
    verb: string,
    given: unknown,
    store: Store<State> | undefined,
    signal: Signal | null | undefined,
  ): Promise<Run<State>> {
    signal?.throwIfAborted();
    const text = encode(given);
    await this.#ready(signal);
    const job: RawJob = call(() => new engine.calls.Job(verb, text));
    await this.#ask("connect", null, { signal: signal ?? null });
    signal?.throwIfAborted();
    const raw = await this.#ready(signal);
    const run = new Run(call(() => raw.drive(job)), this.#exchange(), this.#clock, store);
    this.#runs.add(run);
    void run.over.then(() => this.#runs.delete(run));
    return run;
  }

  async #ready(signal: Signal | null | undefined): Promise<RawCluster> {
    await engine.ready(signal);
    if (this.#isClosed) throw closed();
    return this.#open();
  }

  #open(): RawCluster {
    this.#raw ??= call(() => new engine.calls.Cluster(this.#access));
    return this.#raw;
  }

  #exchange(): Exchange {
    return new Exchange(this.#carrier, this.#clock);
  }
}

function closed(): RebalanceError {
  const message = "the cluster was closed: make another one to ask it";
  return new RebalanceError({ kind: "conflict", message, context: {}, retryable: false });
}

const A_NODE = "a node name such as `emqx@10.0.0.1`";
const NODE = { ...TEXT, bound: A_NODE };
const COORDINATOR = { ...TEXT, bound: `${A_NODE}, or left out for every run; the options come second` };
const ACCESS = { ...OBJECT, isSecret: true, bound: 'an object such as { url: "http://10.0.0.1:18083", auth: { key, secret } }' };
const CLOCK = {
  is: (value: unknown): boolean => {
    const clock = value as Partial<Clock> | null;
    return typeof clock?.now === "function" && typeof clock.sleep === "function";
  },
  bound: "a clock: an object with `now()` and `sleep(ms, signal)`",
};
