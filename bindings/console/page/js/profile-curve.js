/** @import { Point } from "./profile.js" */
import { drawn } from "./elements.js";
import { moved, place } from "./profile.js";

/** The curve of a profile, whose points are dragged, or moved by arrow keys. */
export class ProfileCurve {
  /** @type {Point[]} */
  #points = [];
  /** @type {SVGElement[]} */
  #handles = [];
  /** Seconds at the right edge. It stays while a point is dragged. */
  #span = LEAST_SPAN_S;
  #isDragging = false;
  #line = drawn("path", { class: "profile-line" });
  #ticks = drawn("g", { class: "profile-ticks" });
  #onChange;
  element = drawn("svg", { class: "profile-curve", viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: "group", "aria-label": "Share of clients that is back, over time" }, this.#ticks, this.#line);

  /** @param {(points: Point[]) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Point[]} points */
  show(points) {
    this.#points = points;
    if (!this.#isDragging) this.#span = Math.max(LEAST_SPAN_S, (points.at(-1)?.[0] ?? 0) * 1.3);
    while (this.#handles.length < points.length) this.#handles.push(this.#handle(this.#handles.length));
    for (const extra of this.#handles.splice(points.length)) extra.remove();
    const corners = points.map(([time, share]) => `${this.#x(time)} ${y(share)}`);
    this.#line.setAttribute("d", `M 0 ${y(0)} H ${this.#x(points[0]?.[0] ?? 0)} L ${corners.join(" L ")} H ${WIDTH}`);
    for (const [index, handle] of this.#handles.entries()) this.#place(handle, index);
    this.#ticks.replaceChildren(...TICKS.filter(([time]) => time < this.#span).map(([time, text]) => this.#tick(time, text)));
  }

  /** @param {number} index */
  #handle(index) {
    const handle = drawn("circle", { r: 7, class: "profile-point", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100 });
    handle.addEventListener("keydown", (event) => this.#key(event, index));
    handle.addEventListener("pointerdown", (event) => this.#grab(event, handle, index));
    this.element.append(handle);
    return handle;
  }

  /** @param {SVGElement} handle @param {number} index */
  #place(handle, index) {
    const [time, share] = this.#points[index] ?? [0, 0];
    const percent = Math.round(share * 100);
    handle.setAttribute("cx", String(this.#x(time)));
    handle.setAttribute("cy", String(y(share)));
    handle.setAttribute("aria-label", `Point ${index + 1} of ${this.#points.length}`);
    handle.setAttribute("aria-valuenow", String(percent));
    handle.setAttribute("aria-valuetext", `${percent} % back after ${time} s`);
  }

  /** @param {number} time @param {string} text */
  #tick(time, text) {
    const x = this.#x(time);
    return drawn("g", {}, drawn("line", { x1: x, x2: x, y1: 0, y2: HEIGHT }), drawn("text", { x, y: HEIGHT + FOOT - 2 }, text));
  }

  /** @param {KeyboardEvent} event @param {number} index */
  #key(event, index) {
    const { key, shiftKey } = event;
    const [time, share] = this.#points[index] ?? [0, 0];
    const [later, more] = [shiftKey ? Math.max(1, time * 0.5) : Math.max(0.1, time * 0.05), shiftKey ? 0.1 : 0.01];
    /** @type {Record<string, Point>} */
    const moves = { ArrowUp: [time, share + more], ArrowDown: [time, share - more], ArrowRight: [time + later, share], ArrowLeft: [time - later, share], Home: [time, 0], End: [time, 1] };
    const to = moves[key];
    if (to === undefined) return;
    event.preventDefault();
    this.#onChange(moved(this.#points, index, to));
  }

  /** @param {PointerEvent} event @param {SVGElement} handle @param {number} index */
  #grab(event, handle, index) {
    if (event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    this.#isDragging = true;
    const move = (/** @type {PointerEvent} */ { clientX, clientY }) => this.#onChange(moved(this.#points, index, this.#under(clientX, clientY)));
    const end = () => {
      handle.removeEventListener("pointermove", move);
      this.#isDragging = false;
      this.show(this.#points);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", end, { once: true });
  }

  /** What lies under the pointer. @param {number} clientX @param {number} clientY @returns {Point} */
  #under(clientX, clientY) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    const along = ((clientX - left) / width) * place(this.#span);
    const up = 1 - (((clientY - top) / height) * (HEIGHT + FOOT)) / HEIGHT;
    return [Math.expm1(Math.max(0, along)), up];
  }

  /** @param {number} time */
  #x(time) {
    return Math.round((place(time) / place(this.#span)) * WIDTH * 10) / 10;
  }
}

/** @param {number} share */
function y(share) {
  return Math.round((1 - share) * HEIGHT * 10) / 10;
}

const [WIDTH, HEIGHT, FOOT] = [260, 90, 16];
const LEAST_SPAN_S = 30;
/** Times that are marked, and how they are written. @type {[number, string][]} */
const TICKS = [[1, "1 s"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [36_000, "10 h"]];
