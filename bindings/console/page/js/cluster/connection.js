/** @import { Cluster as Api } from "../../emqx-rebalance/esm/web.js" */
/** @import { Policy, Simulation } from "../../emqx-rebalance/esm/simulation-web.js" */
/** @import { Asked } from "../question.js" */
import { embedded, whole } from "./package.js";

/**
 * A cluster that the page may ask, whatever carries the requests.
 *
 * @typedef {object} Connection
 * @property {Api} cluster
 * @property {string} name
 * @property {boolean} isDemo
 * @property {(speed: number) => void} setSpeed How many seconds pass in one; a real cluster has no choice.
 * @property {() => void} close
 */

/**
 * A real cluster. The key and its secret stay in this object.
 *
 * @param {string} url
 * @param {string} key
 * @param {string} secret
 * @param {AbortSignal} signal
 * @returns {Promise<Connection>}
 */
export async function connect(url, key, secret, signal) {
  const { Cluster, init } = await whole();
  await init(undefined, { signal });
  const urls = url.split(/[\s,]+/).filter(Boolean);
  // Only the addresses that were typed in are asked: the policy of the page's host may allow no others.
  const cluster = new Cluster({ urls, auth: { key, secret }, findNodes: urls.length === 1 });
  return { cluster, name: urls[0] ?? url, isDemo: false, setSpeed: () => undefined, close: () => undefined };
}

/**
 * An embedded cluster with the loads and the load balancer of the question, whose time passes as fast
 * as is wished.
 *
 * @param {Asked} asked
 * @param {number} speed
 * @param {AbortSignal} signal
 * @returns {Promise<Connection>}
 */
export async function demo({ nodes, options }, speed, signal) {
  const [{ Cluster, init }, { initSimulation, Simulation }] = await Promise.all([whole(), embedded()]);
  await Promise.all([init(undefined, { signal }), initSimulation(undefined, { signal })]);
  const simulation = new Simulation({
    nodes: nodes.map(({ node, connections, disconnected_sessions }) => ({
      name: node,
      clients: connections ?? 0,
      disconnected_sessions: disconnected_sessions ?? 0,
    })),
    load_balancer: { policy: /** @type {Policy} */ (options["load_balancer"] ?? "round_robin") },
  });
  const { fetch, clock, nodeUrls } = simulation;
  const cluster = new Cluster({ url: "http://sim", nodeUrls, fetch, clock });
  const time = new Passing(simulation, speed);
  return { cluster, name: "the demo cluster", isDemo: true, setSpeed: (next) => (time.speed = next), close: () => time.stop() };
}

/** Lets a simulation's time pass with the page's. */
class Passing {
  #simulation;
  #timer;
  #last = performance.now();
  #isMoving = false;
  speed;

  /** @param {Simulation} simulation @param {number} speed */
  constructor(simulation, speed) {
    this.#simulation = simulation;
    this.speed = speed;
    this.#timer = setInterval(() => this.#pass(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #pass() {
    if (this.#isMoving) return;
    this.#isMoving = true;
    const now = performance.now();
    const gone = Math.min(now - this.#last, LONGEST_MS);
    this.#last = now;
    try {
      await this.#simulation.advance(gone * this.speed);
    } finally {
      this.#isMoving = false;
    }
  }
}

const TICK_MS = 50;
/** A page that was in the background need not catch up. */
const LONGEST_MS = 1000;
