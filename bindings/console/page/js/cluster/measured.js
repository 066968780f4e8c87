/** @import { Plan, Status } from "../../emqx-rebalance/esm/web.js" */

/** What was seen of every node since a plan began, in the order of its forecast. */
export class Measured {
  #names;
  /** @type {number[]} */
  times = [];
  /** @type {{ name: string, index: number, values: number[] }[]} */
  series;

  /** @param {Plan} plan */
  constructor(plan) {
    const { nodes } = plan.forecast.curve;
    this.#names = nodes.map(({ node }) => node);
    this.series = this.#names.map((name, index) => ({ name, index, values: [] }));
  }

  /** @param {Status} status */
  see({ progress, nodes }) {
    const known = nodes.filter(({ status }) => status !== "unknown");
    const loads = new Map(known.map((load) => [load.node, load.connections]));
    // A node that does not answer stays where it was; before anything is known of it nothing is drawn.
    for (const { name, values } of this.series) {
      const last = values.at(-1);
      if (!loads.has(name) && last !== undefined) loads.set(name, last);
    }
    if (!this.#names.every((name) => loads.has(name))) return;
    const isNew = progress.elapsed_s > (this.times.at(-1) ?? -1);
    if (isNew) this.times.push(progress.elapsed_s);
    for (const { name, values } of this.series) {
      const connections = loads.get(name) ?? 0;
      if (isNew) values.push(connections);
      else values[values.length - 1] = connections;
    }
  }

  /** The most clients that a node had. */
  get most() {
    return this.series.reduce((most, { values }) => values.reduce((a, b) => Math.max(a, b), most), 0);
  }
}
