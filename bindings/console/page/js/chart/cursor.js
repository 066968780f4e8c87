/** @import { Picture } from "./chart.js" */
import { keyed } from "../drag-scale.js";
import { drawn, element } from "../elements.js";
import { clockTime, count } from "../format.js";
import { fullest, valueAt } from "./reading.js";

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Frame */
/** @typedef {{ picture: Picture, x: (time: number) => number, y: (value: number) => number, frame: Frame }} Ground */

/** A line under the pointer, or moved by keys, and what every node has at that time. */
export class Cursor {
  /** @type {Ground | undefined} */
  #ground;
  /** @type {number | undefined} */
  #at;
  /** @type {Cursor[]} */
  #others = [];
  #line = drawn("line", { class: "cursor" });
  #dots = drawn("g");
  #reading = element("div", { class: "reading", hidden: true });
  #host;
  #svg;
  drawing = drawn("g", { visibility: "hidden" }, this.#line, this.#dots);

  /** @param {HTMLElement} host @param {Element} svg */
  constructor(host, svg) {
    this.#host = host;
    this.#svg = svg;
    host.append(this.#reading);
    svg.addEventListener("pointermove", (event) => this.#point(/** @type {PointerEvent} */ (event)));
    svg.addEventListener("pointerdown", (event) => this.#point(/** @type {PointerEvent} */ (event)));
    svg.addEventListener("pointerleave", () => this.#spread(undefined));
    svg.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    svg.addEventListener("blur", () => this.#spread(undefined));
  }

  /** Moves with this one from now on. @param {Cursor} other */
  with(other) {
    this.#others.push(other);
  }

  /**
   * Takes the ground that it moves over, and stays where it is.
   *
   * @param {Picture} picture
   * @param {(time: number) => number} x
   * @param {(value: number) => number} y
   * @param {Frame} frame
   */
  over(picture, x, y, frame) {
    this.#ground = { picture, x, y, frame };
    this.#show();
  }

  /** @param {number | undefined} at */
  moveTo(at) {
    this.#at = at;
    this.#show();
  }

  /** @param {PointerEvent} event */
  #point({ clientX }) {
    if (!this.#ground) return;
    const { picture, frame } = this.#ground;
    const share = (clientX - this.#host.getBoundingClientRect().left - frame.left) / (frame.right - frame.left);
    this.#spread(Math.round(Math.min(1, Math.max(0, share)) * picture.lastTime));
  }

  /** Arrows, Home and End as on a bar. @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#ground) return;
    const { lastTime } = this.#ground.picture;
    const next = event.key === "Escape" ? undefined : keyed(event, this.#at ?? 0, lastTime);
    if (next === undefined && event.key !== "Escape") return;
    event.preventDefault();
    this.#spread(next === undefined ? undefined : Math.min(next, lastTime));
  }

  /** @param {number | undefined} at */
  #spread(at) {
    for (const cursor of [this, ...this.#others]) cursor.moveTo(at);
  }

  #show() {
    const [ground, at] = [this.#ground, this.#at];
    const isShown = ground !== undefined && at !== undefined;
    this.drawing.setAttribute("visibility", isShown ? "visible" : "hidden");
    this.#reading.hidden = !isShown;
    this.#tell(ground, at ?? 0);
    if (!ground || at === undefined) return;
    this.#draw(ground, at);
    this.#read(ground, at);
  }

  /** To who listens, the curves are a slider over time whose value is what the nodes have then. @param {Ground | undefined} ground @param {number} at */
  #tell(ground, at) {
    if (!ground) return;
    const { series, times } = ground.picture.curves;
    const { shown, others } = fullest(series, times, at, MOST_NODES);
    const texts = shown.map(({ one, value }) => `${one.name} ${count(value)}`);
    if (others > 0) texts.push(`and ${others} more`);
    this.#svg.setAttribute("aria-valuemax", String(ground.picture.lastTime));
    this.#svg.setAttribute("aria-valuenow", String(at));
    this.#svg.setAttribute("aria-valuetext", `${clockTime(at)}: ${texts.join(", ")}`);
  }

  /** @param {Ground} ground @param {number} at */
  #draw({ picture, x, y, frame }, at) {
    const place = { x1: x(at), x2: x(at), y1: frame.top, y2: frame.bottom };
    for (const [name, value] of Object.entries(place)) this.#line.setAttribute(name, String(value));
    const { times, series } = picture.curves;
    const shown = series.length > 12 ? [] : series;
    const dots = shown.flatMap(({ index, values }) => {
      const value = valueAt(times, values, at);
      return value === undefined ? [] : [drawn("circle", { cx: x(at), cy: y(value), r: 4, class: `c${index % 10}` })];
    });
    this.#dots.replaceChildren(...dots);
  }

  /** @param {Ground} ground @param {number} at */
  #read({ picture, x, frame }, at) {
    const { shown, others } = fullest(picture.curves.series, picture.curves.times, at, MOST_NODES);
    const rows = shown.map(({ one, value }) =>
      element("li", { class: `c${one.index % 10}` }, element("i", { class: "node-dot" }), element("span", {}, one.name), element("span", { class: "n" }, count(value))),
    );
    const list = element("ul", {}, ...rows);
    const more = others > 0 ? [element("div", { class: "when" }, `and ${others} more`)] : [];
    this.#reading.replaceChildren(element("div", { class: "when n" }, clockTime(at)), list, ...more);
    const isLeft = x(at) > (frame.left + frame.right) / 2;
    this.#reading.style.left = isLeft ? "auto" : `${x(at) + 12}px`;
    this.#reading.style.right = isLeft ? `${this.#host.clientWidth - x(at) + 12}px` : "auto";
  }
}

/** Nodes that are read out at one time. */
const MOST_NODES = 10;
