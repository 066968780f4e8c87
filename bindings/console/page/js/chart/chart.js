/** @import { PhaseSpan } from "../../emqx-rebalance/esm/planner-web.js" */
import { drawn, element } from "../elements.js";
import { clockTime, count } from "../format.js";
import { shortened } from "../names.js";
import { Cursor } from "./cursor.js";
import { line } from "./reading.js";
import { stripes } from "./stripes.js";
import { scale, ticks, timeTicks } from "./scale.js";
import { strips, STRIPS_PX } from "./strips.js";

/** @typedef {{ name: string, index: number, values: readonly number[] }} Series The index picks the colour. */
/** @typedef {{ times: readonly number[], series: readonly Series[] }} Curves */

/**
 * What a chart shows.
 *
 * @typedef {object} Picture
 * @property {Curves} curves
 * @property {Curves} [ghost] Behind them, dashed: what was forecast.
 * @property {readonly PhaseSpan[]} phases
 * @property {readonly string[]} coordinators Of the runs whose phases these are.
 * @property {number} lastTime
 * @property {number} most The value at the top.
 * @property {string} label In words.
 */

/** Curves of every node's connections over time. */
export class Chart {
  /** @type {Picture | undefined} */
  #picture;
  #svg = drawn("svg", { role: "slider", tabindex: 0, "aria-label": "No forecast yet", "aria-valuemin": 0, "aria-valuenow": 0 });
  #grid = drawn("g");
  #ghost = drawn("g", { class: "ghost" });
  #curves = drawn("g");
  #strips = drawn("g");
  #width = 0;
  #cursor;
  element = element("div", { class: "chart" });

  constructor() {
    this.#cursor = new Cursor(this.element, this.#svg);
    this.#svg.append(this.#grid, this.#strips, this.#ghost, this.#curves, this.#cursor.drawing);
    this.element.prepend(this.#svg);
    new ResizeObserver(([entry]) => {
      this.#width = Math.round(entry?.contentRect.width ?? 0);
      this.#draw();
    }).observe(this.element);
  }

  /** The cursor, to be moved together with another chart's. */
  get cursor() {
    return this.#cursor;
  }

  /** @param {Picture} picture */
  show(picture) {
    const { times, series } = picture.curves;
    const names = shortened(series.map(({ name }) => name));
    this.#picture = { ...picture, curves: { times, series: series.map((one, i) => ({ ...one, name: names[i] ?? one.name })) } };
    this.#svg.setAttribute("aria-label", picture.label);
    this.#draw();
  }

  #draw() {
    const picture = this.#picture;
    if (!picture || this.#width === 0) return;
    const bottom = HEIGHT - STRIPS_PX - 26;
    const x = scale(picture.lastTime, LEFT, this.#width - RIGHT);
    const y = scale(picture.most, bottom, TOP);
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.classList.toggle("many", picture.curves.series.length > 12);
    this.#grid.replaceChildren(...grid(picture, x, y, this.#width - RIGHT, bottom));
    this.#strips.replaceChildren(...strips(picture.phases, picture.coordinators, x, bottom + 26));
    trace(this.#curves, picture.curves, x, y, this.#width);
    trace(this.#ghost, picture.ghost, x, y, this.#width);
    this.#cursor.over(picture, x, y, { left: LEFT, right: this.#width - RIGHT, top: TOP, bottom });
  }
}

/**
 * @param {Picture} picture
 * @param {(time: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} right
 * @param {number} bottom
 */
function grid({ lastTime, most }, x, y, right, bottom) {
  const rows = ticks(most, 4).flatMap((value) => [
    drawn("line", { class: "grid", x1: LEFT, x2: right, y1: y(value), y2: y(value) }),
    drawn("text", { class: "tick", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)),
  ]);
  const columns = timeTicks(lastTime, Math.max(2, Math.floor((right - LEFT) / 70))).map((time) =>
    drawn("text", { class: "tick", x: x(time), y: bottom + 17, "text-anchor": "middle" }, clockTime(time)),
  );
  return [...rows, ...columns];
}

/**
 * Gives every series its path, and makes and removes no more of them than needed.
 *
 * @param {Element} group
 * @param {Curves | undefined} curves
 * @param {(time: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} width
 */
function trace(group, curves, x, y, width) {
  const series = curves?.series ?? [];
  while (group.childElementCount > series.length) group.lastElementChild?.remove();
  while (group.childElementCount < series.length) group.append(drawn("path"));
  const dashes = stripes(series.map(({ values }) => values), curves?.times ?? [], y(0) - y(1));
  series.forEach(({ index, values }, i) => {
    const path = group.children[i];
    path?.setAttribute("class", `curve c${index % 10}`);
    path?.setAttribute("d", line(curves?.times ?? [], values, x, y, width));
    const { dash, offset } = dashes[i] ?? {};
    if (dash === undefined || series.length > MOST_STRIPED) return path?.removeAttribute("stroke-dasharray");
    path?.setAttribute("stroke-dasharray", dash);
    path?.setAttribute("stroke-dashoffset", String(offset));
  });
}

/** A count in few letters. @param {number} value */
function short(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e4 ? `${value / 1e3}k` : count(value);
}

/** Stripes of more colours than these tell nothing. */
const MOST_STRIPED = 24;
const HEIGHT = 268;
const LEFT = 46;
const RIGHT = 10;
const TOP = 10;
