/** @import { Point } from "./profile.js" */
import { element } from "./elements.js";
import { PRESETS } from "./options.js";
import { ProfileCurve } from "./profile-curve.js";
import { isFull, MOST_POINTS, pointsOf, textOf, withOneMore } from "./profile.js";

/** How clients come back: a preset, or a curve of one's own. */
export class ProfileField {
  #text = "";
  #onChange;
  #own = element("option", { value: OWN }, "points of its own");
  /** What a link may bring that is neither: a time. */
  #other = element("option", { value: OTHER, hidden: true });
  #curve = new ProfileCurve((points) => this.#change(textOf(points)));
  #more = element("button", { type: "button", class: "quiet" }, "+ Add a point");
  #less = element("button", { type: "button", class: "quiet" }, "− Remove the last");
  #drawing = element("div", { class: "profile", hidden: true }, this.#curve.element, element("div", { class: "profile-foot" }, this.#more, this.#less));
  control;

  /** @param {string} id @param {(text: string) => void} onChange */
  constructor(id, onChange) {
    this.#onChange = onChange;
    const presets = PRESETS.map(({ name, help }) => element("option", { value: name, title: help }, name));
    this.control = element("select", { id }, element("option", { value: "" }, "after a delay"), ...presets, this.#own, this.#other);
    this.control.addEventListener("input", () => this.#choose());
    this.#more.addEventListener("click", () => this.#change(textOf(withOneMore(this.#points))));
    this.#less.addEventListener("click", () => this.#change(textOf(this.#points.slice(0, -1))));
  }

  /** The curve below the field. */
  get drawing() {
    return this.#drawing;
  }

  /** @param {string} text A name, a profile in full, a time, or nothing. */
  show(text) {
    this.#text = text;
    const points = pointsOf(text);
    const isPreset = points !== undefined && !isFull(text);
    this.#other.hidden = text === "" || points !== undefined;
    this.#other.textContent = this.#other.hidden ? "" : text;
    this.control.value = text === "" || isPreset ? text : points ? OWN : OTHER;
    this.#drawing.hidden = points === undefined;
    if (points) this.#curve.show(points);
    this.#more.disabled = this.#points.length >= MOST_POINTS;
    this.#less.disabled = this.#points.length < 2 || this.#points.at(-2)?.[1] === 0;
  }

  /** @returns {Point[]} */
  get #points() {
    return pointsOf(this.#text) ?? PROMPT;
  }

  #choose() {
    const { value } = this.control;
    this.#change(value === OWN ? textOf(this.#points) : value === OTHER ? this.#text : value);
  }

  /** @param {string} text */
  #change(text) {
    this.show(text);
    this.#onChange(text);
  }
}

/** What clients are taken to do where nothing is said. @type {Point[]} */
const PROMPT = [[0.5, 0], [1.5, 1]];
/** Values of choices that are no texts of the option. */
const [OWN, OTHER] = ["own points", "another"];
