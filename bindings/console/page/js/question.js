/** @import { NodeLoadInput } from "../emqx-rebalance/esm/planner-web.js" */

/**
 * What is asked: the loads, and the options as they were typed.
 *
 * @typedef {object} Asked
 * @property {NodeLoadInput[]} nodes
 * @property {Record<string, string | string[]>} options Text, or a list of texts, by option name; what is not here has its default.
 */

/** The question of this page, and who wants to know when it changes. */
export class Question {
  /** @type {Asked} */
  #asked;
  /** @type {((asked: Asked) => void)[]} */
  #listeners = [];

  /** @param {Asked} asked */
  constructor(asked) {
    this.#asked = asked;
  }

  get asked() {
    return this.#asked;
  }

  /** @param {(asked: Asked) => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Partial<Asked>} change */
  change(change) {
    this.#asked = { ...this.#asked, ...change };
    for (const listener of this.#listeners) listener(this.#asked);
  }

  /** @param {number} index @param {Partial<NodeLoadInput>} change */
  changeNode(index, change) {
    this.change({ nodes: this.#asked.nodes.map((node, i) => (i === index ? { ...node, ...change } : node)) });
  }

  /** @param {string} name @param {string} text */
  setOption(name, text) {
    const { [name]: _, ...others } = this.#asked.options;
    this.change({ options: text.trim() === "" ? others : { ...others, [name]: text.trim() } });
  }
}

/**
 * A node with another count of clients. How many sessions it has follows from that.
 *
 * @param {NodeLoadInput} node
 * @returns {NodeLoadInput}
 */
export function withoutSessions(node) {
  const { sessions, ...rest } = node;
  const away = (sessions ?? 0) - (node.connections ?? 0);
  return node.disconnected_sessions === undefined && away > 0 ? { ...rest, disconnected_sessions: away } : rest;
}
