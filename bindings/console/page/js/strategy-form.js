/** @import { Problem } from "../emqx-rebalance/esm/web.js" */
/** @import { Option } from "./options.js" */
/** @import { Question } from "./question.js" */
import { byId, element, say } from "./elements.js";
import { GROUPS } from "./options.js";

/** The form of EMQX's options, with what the planner says about each at its field. */
export class StrategyForm {
  /** @type {Map<string, { control: HTMLInputElement | HTMLSelectElement, hint: HTMLElement, help: string }>} */
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
    const at = new Map(problems.map((problem) => [problem.field, problem]));
    for (const [name, { control, hint, help }] of this.#fields) {
      const problem = at.get(name);
      control.setAttribute("aria-invalid", String(problem !== undefined));
      hint.classList.toggle("bad", problem !== undefined);
      say(hint, problem ? `Must be ${problem.bound}.` : help);
      const group = problem && control.closest("details");
      if (group) group.open = true;
    }
    return problems.filter(({ field }) => !this.#fields.has(field));
  }

  #fill() {
    for (const [name, { control }] of this.#fields) {
      const text = String(this.#question.asked.options[name] ?? "");
      if (control.value.trim() !== text) control.value = text;
    }
  }

  /** @param {string} title @param {Option[]} options */
  #group(title, options) {
    const fields = options.map((option) => this.#field(option));
    if (title === "") return element("div", {}, ...fields);
    return element("details", { class: "group" }, element("summary", {}, title), ...fields);
  }

  /** @param {Option} option */
  #field({ name, unit, help, words }) {
    const id = `option-${name}`;
    const control = words ? choice(id, words) : element("input", { id, autocomplete: "off", spellcheck: false });
    control.setAttribute("aria-describedby", `${id}-hint`);
    control.addEventListener("input", () => this.#question.setOption(name, control.value));
    const hint = element("p", { class: "hint", id: `${id}-hint` }, help);
    this.#fields.set(name, { control, hint, help });
    const label = element("label", { for: id }, element("code", {}, name));
    if (unit) label.append(element("span", { class: "soft" }, ` ${unit}`));
    return element("div", { class: "field" }, label, element("div", { class: "control" }, control), hint);
  }
}

/** @param {string} id @param {string[]} words */
function choice(id, words) {
  const options = words.map((word) => element("option", { value: word }, word));
  return element("select", { id }, element("option", { value: "" }, "not known"), ...options);
}
