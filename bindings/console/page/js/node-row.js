/** @import { NodeLoadInput } from "../emqx-rebalance/esm/planner-web.js" */
import { keyed } from "./drag-scale.js";
import { element, say } from "./elements.js";
import { count, counted } from "./format.js";

/**
 * What a row reports.
 *
 * @typedef {object} RowEvents
 * @property {(connections: number) => void} onCount
 * @property {(name: string) => void} onName
 * @property {() => void} onRemove
 * @property {(isDragging: boolean) => void} onDrag
 */

/** One node: its name, its clients as a bar to drag and as a number, and a button to remove it. */
export class NodeRow {
  #events;
  #scale = 1;
  #count = 0;
  /** The whole name, and in little room. */
  #node = "";
  #short = "";
  #name = element("input", { class: "node-name", autocomplete: "off", spellcheck: false });
  #number = element("input", { class: "node-count", inputMode: "numeric", autocomplete: "off" });
  #remove = element("button", { type: "button", class: "quiet" }, "×");
  #fill = element("div", { class: "bar-fill" });
  #thumb = element("div", { class: "bar-thumb" });
  #end = element("div", { class: "bar-end", hidden: true });
  #note = element("p", { class: "node-note soft", hidden: true });
  #bar = element("div", { class: "bar", role: "slider", tabindex: 0, "aria-valuemin": 0 });
  element;

  /** @param {number} index @param {RowEvents} events */
  constructor(index, events) {
    this.#events = events;
    const dot = element("span", { class: "node-dot" });
    this.#bar.append(element("div", { class: "bar-scale" }, this.#fill, this.#end, this.#thumb));
    this.#bar.tabIndex = 0;
    const line = element("div", { class: "node-line" }, dot, this.#name, this.#number, this.#remove);
    this.element = element("li", { class: `node c${index % 10}` }, line, this.#bar, this.#note);
    this.#name.setAttribute("aria-label", `Name of node ${index + 1}`);
    this.#listen();
  }

  /** @param {NodeLoadInput} node @param {number} scale The count at the bar's end. */
  show(node, scale) {
    this.#scale = scale;
    this.#count = node.connections ?? 0;
    const share = `${Math.min(100, (this.#count / scale) * 100)}%`;
    this.#fill.style.width = `calc(${share} + 7px)`;
    this.#thumb.style.left = share;
    this.#node = node.node;
    this.call(node.node);
    if (document.activeElement !== this.#number) this.#number.value = count(this.#count);
    this.#name.title = node.node;
    this.#label(node);
    const note = notes(node);
    say(this.#note, note);
    this.#note.hidden = note === "";
  }

  /** Shows the name in as few characters as tell it from others, unless somebody types there. @param {string} label */
  call(label) {
    this.#short = label;
    if (document.activeElement !== this.#name) this.#name.value = label;
  }

  /** Marks where `level` leaves the node. @param {number | undefined} connections */
  showEnd(connections) {
    this.#end.hidden = connections === undefined;
    if (connections === undefined) return;
    this.#end.style.left = `${Math.min(100, (connections / this.#scale) * 100)}%`;
    this.#end.title = `level leaves ${count(connections)}`;
  }

  /** @param {boolean} isBad */
  mark(isBad) {
    this.#name.setAttribute("aria-invalid", String(isBad));
  }

  /** Puts the keyboard on the name. */
  focus() {
    this.#name.focus();
    this.#name.select();
  }

  /** @param {NodeLoadInput} node */
  #label({ node }) {
    this.#bar.setAttribute("aria-label", `Connections of ${node}`);
    this.#bar.setAttribute("aria-valuemax", String(Math.max(this.#scale, this.#count)));
    this.#bar.setAttribute("aria-valuenow", String(this.#count));
    this.#bar.setAttribute("aria-valuetext", counted(this.#count, "connection"));
    this.#number.setAttribute("aria-label", `Connections of ${node}, as a number`);
    this.#remove.setAttribute("aria-label", `Remove ${node}`);
  }

  #listen() {
    this.#remove.addEventListener("click", () => this.#events.onRemove());
    this.#name.addEventListener("focus", () => (this.#name.value = this.#node));
    this.#name.addEventListener("blur", () => (this.#name.value = this.#short));
    this.#name.addEventListener("input", () => this.#events.onName(this.#name.value.trim()));
    this.#number.addEventListener("input", () => this.#typed());
    this.#number.addEventListener("blur", () => this.#leave());
    this.#bar.addEventListener("keydown", (event) => this.#key(event));
    this.#bar.addEventListener("pointerdown", (event) => this.#grab(event));
  }

  #typed() {
    const text = this.#number.value.replaceAll(/[,\s]/g, "");
    const isCount = /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
    this.#number.setAttribute("aria-invalid", String(!isCount));
    if (isCount) this.#events.onCount(Number(text));
  }

  #leave() {
    this.#number.setAttribute("aria-invalid", "false");
    this.#number.value = count(this.#count);
    this.#events.onDrag(false);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const next = keyed(event, this.#count, this.#scale);
    if (next === undefined) return;
    event.preventDefault();
    this.#events.onCount(next);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (event.button !== 0) return;
    this.#bar.setPointerCapture(event.pointerId);
    this.#events.onDrag(true);
    this.#drag(event);
    const move = (/** @type {PointerEvent} */ moved) => this.#drag(moved);
    const end = () => {
      this.#bar.removeEventListener("pointermove", move);
      this.#events.onDrag(false);
    };
    this.#bar.addEventListener("pointermove", move);
    this.#bar.addEventListener("lostpointercapture", end, { once: true });
  }

  /** @param {PointerEvent} event */
  #drag({ clientX }) {
    const { left, width } = this.#bar.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - left - THUMB_PX / 2) / (width - THUMB_PX)));
    this.#events.onCount(Math.round(share * this.#scale));
  }
}

/** @param {NodeLoadInput} node */
function notes({ disconnected_sessions, weight, role, status }) {
  const parts = [];
  if (disconnected_sessions) parts.push(`${counted(disconnected_sessions, "session")} away`);
  if (weight !== undefined && weight !== 1) parts.push(`weight ${weight}`);
  if (role) parts.push(role);
  if (status && status !== "running") parts.push(status);
  return parts.join(" · ");
}

const THUMB_PX = 14;
