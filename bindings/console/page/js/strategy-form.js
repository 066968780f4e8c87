/** @import { Problem } from "../emqx-rebalance/esm/planner-web.js" */
/** @import { Option } from "./options.js" */
/** @import { Question } from "./question.js" */
import { byId, element, say } from "./elements.js";
import { GROUPS } from "./options.js";
import { ProfileField } from "./profile-field.js";

/**
 * @typedef {object} Field
 * @property {HTMLInputElement | HTMLSelectElement} control
 * @property {HTMLElement} hint
 * @property {string} help
 * @property {(text: string) => void} show
 */

/** The form of EMQX's options, with what the planner says about each at its field. */
export class StrategyForm {
  /** @type {Map<string, Field>} */
  #fields = new Map();
  #form = /** @type {HTMLFormElement} */ (byId("strategy-form"));
  #question;

  /** @param {Question} question */
  constructor(question) {
    this.#question = question;
    for (const { title, options } of GROUPS) this.#form.append(this.#group(title, options));
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    byId("defaults").addEventListener("click", () => question.change({ options: {} }));
    question.onChange(() => this.#fill());
    this.#fill();
  }

  /** @param {{ bounds: Record<string, string>, defaults: Record<string, string> }} known */
  learn({ bounds, defaults }) {
    for (const [name, field] of this.#fields) {
      const { control } = field;
      if (control instanceof HTMLInputElement) control.placeholder = defaults[name] ?? "none";
      const bound = bounds[name];
      if (bound && control instanceof HTMLInputElement) field.control.title = `${name}: ${bound}`;
    }
  }

  /** Shows each problem at its field, and gives those that have no field here. @param {readonly Problem[]} problems */
  complain(problems) {
    const at = new Map(problems.map((problem) => [this.#nameOf(problem), problem]));
    for (const [name, { control, hint, help }] of this.#fields) {
      const problem = at.get(name);
      control.setAttribute("aria-invalid", String(problem !== undefined));
      hint.classList.toggle("bad", problem !== undefined);
      say(hint, problem ? `Must be ${problem.bound}.` : help);
      const group = problem && control.closest("details");
      if (group) group.open = true;
    }
    return problems.filter((problem) => !this.#fields.has(this.#nameOf(problem)));
  }

  /** The field of a problem, which may lie within what the field holds. @param {Problem} problem */
  #nameOf({ field }) {
    const [outer = field] = field.split(".");
    return this.#fields.has(outer) ? outer : field;
  }

  #fill() {
    for (const [name, { show }] of this.#fields) show(String(this.#question.asked.options[name] ?? ""));
  }

  /** @param {string} title @param {Option[]} options */
  #group(title, options) {
    const fields = options.map((option) => this.#field(option));
    if (title === "") return element("div", {}, ...fields);
    return element("details", { class: "group" }, element("summary", {}, title), ...fields);
  }

  /** @param {Option} option */
  #field({ name, unit, help, words, profile }) {
    const id = `option-${name}`;
    const change = (/** @type {string} */ text) => this.#question.setOption(name, text);
    const shape = profile ? new ProfileField(id, change) : undefined;
    const control = shape?.control ?? typed(words ? choice(id, words) : element("input", { id, autocomplete: "off", spellcheck: false }), change);
    control.setAttribute("aria-describedby", `${id}-hint`);
    const hint = element("p", { class: "hint", id: `${id}-hint` }, help);
    const show = (/** @type {string} */ text) => (shape ? shape.show(text) : fill(control, text));
    this.#fields.set(name, { control, hint, help, show });
    const label = element("label", { for: id }, element("code", {}, name));
    if (unit) label.append(element("span", { class: "soft" }, ` ${unit}`));
    const drawing = shape ? [shape.drawing] : [];
    return element("div", { class: "field" }, label, element("div", { class: "control" }, control), ...drawing, hint);
  }
}

/** @template {HTMLInputElement | HTMLSelectElement} C @param {C} control @param {(text: string) => void} onChange */
function typed(control, onChange) {
  control.addEventListener("input", () => onChange(control.value));
  return control;
}

/** Leaves alone what says the same: somebody may be typing there. @param {HTMLInputElement | HTMLSelectElement} control @param {string} text */
function fill(control, text) {
  if (control.value.trim() !== text) control.value = text;
}

/** @param {string} id @param {string[]} words */
function choice(id, words) {
  const options = words.map((word) => element("option", { value: word }, word));
  return element("select", { id }, element("option", { value: "" }, "not known"), ...options);
}
