/** @import { Plan, Problem } from "../emqx-rebalance/esm/planner-web.js" */
/** @import { Question } from "./question.js" */
import { roundUp } from "./drag-scale.js";
import { byId, say } from "./elements.js";
import { EXAMPLES } from "./examples.js";
import { counted } from "./format.js";
import { shortened } from "./names.js";
import { NodeRow } from "./node-row.js";
import { withoutSessions } from "./question.js";

/** The nodes, to be dragged, named, added and removed. */
export class NodeList {
  #question;
  /** @type {NodeRow[]} */
  #rows = [];
  #scale = 1;
  #isDragging = false;
  #list = byId("node-list");

  /** @param {Question} question */
  constructor(question) {
    this.#question = question;
    byId("add-node").addEventListener("click", () => this.#add());
    const choice = /** @type {HTMLSelectElement} */ (byId("example"));
    choice.append(new Option("Examples", ""), ...Object.keys(EXAMPLES).map((name) => new Option(name)));
    choice.addEventListener("change", () => {
      const example = EXAMPLES[choice.value];
      choice.value = "";
      if (example) question.change(example);
    });
    question.onChange(() => this.#show());
    this.#show();
  }

  /** Marks where `level` leaves each node. @param {Plan | undefined} plan */
  showEnds(plan) {
    this.#name();
    const ends = plan?.forecast.final ?? [];
    this.#rows.forEach((row, i) => row.showEnd(plan?.decision === "start" ? ends[i]?.connections : undefined));
  }

  /** @param {readonly Problem[]} problems */
  complain(problems) {
    const text = problems.map(({ field, value, bound }) => `${field} is ${value || "empty"}: must be ${bound}`).join("; ");
    say(byId("node-problem"), text);
    const bad = new Set(problems.map(({ field }) => /^nodes\[(\d+)\]/.exec(field)?.[1]));
    this.#rows.forEach((row, i) => row.mark(bad.has(String(i))));
  }

  #show() {
    const { nodes } = this.#question.asked;
    while (this.#rows.length < nodes.length) this.#addRow();
    for (const row of this.#rows.splice(nodes.length)) row.element.remove();
    const fullest = Math.max(...nodes.map(({ connections }) => connections ?? 0), 1);
    if (!this.#isDragging || fullest > this.#scale) this.#scale = Math.max(100, roundUp(fullest * 1.2));
    nodes.forEach((node, i) => this.#rows[i]?.show(node, this.#scale));
    this.#name();
    const total = nodes.reduce((sum, { connections }) => sum + (connections ?? 0), 0);
    say(byId("total"), `${counted(nodes.length, "node")} · ${counted(total, "client")}`);
  }

  #name() {
    const names = this.#question.asked.nodes.map(({ node }) => node);
    shortened(names).forEach((name, i) => this.#rows[i]?.call(name));
  }

  #addRow() {
    const index = this.#rows.length;
    const row = new NodeRow(index, {
      onCount: (connections) => this.#setCount(index, connections),
      onName: (node) => this.#question.changeNode(index, { node }),
      onRemove: () => this.#removeNode(index),
      onDrag: (isDragging) => this.#drag(isDragging),
    });
    this.#rows.push(row);
    this.#list.append(row.element);
  }

  /** @param {number} index @param {number} connections */
  #setCount(index, connections) {
    const nodes = this.#question.asked.nodes.map((node, i) => (i === index ? { ...withoutSessions(node), connections } : node));
    this.#question.change({ nodes });
  }

  #add() {
    const { nodes } = this.#question.asked;
    const names = new Set(nodes.map(({ node }) => node));
    let n = nodes.length + 1;
    while (names.has(`emqx@10.0.0.${n}`)) n += 1;
    this.#question.change({ nodes: [...nodes, { node: `emqx@10.0.0.${n}`, connections: 0 }] });
    this.#rows.at(-1)?.focus();
  }

  /** @param {number} index */
  #removeNode(index) {
    this.#question.change({ nodes: this.#question.asked.nodes.filter((_, i) => i !== index) });
    const next = this.#rows[Math.min(index, this.#rows.length - 1)];
    if (next) next.focus();
    else byId("add-node").focus();
  }

  /** While a bar is dragged, the scale stands still under the pointer. @param {boolean} isDragging */
  #drag(isDragging) {
    this.#isDragging = isDragging;
    this.#list.classList.toggle("dragging", isDragging);
    if (!isDragging) this.#show();
  }
}
