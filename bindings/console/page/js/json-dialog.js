/** @import { Question, Asked } from "./question.js" */
import { byId, element, say } from "./elements.js";
import { wishes } from "./profile.js";
import { plan, RebalanceError } from "./rebalance.js";

/** The question as JSON: to be copied, pasted, changed. */
export class JsonDialog {
  #question;
  #dialog = /** @type {HTMLDialogElement} */ (byId("json-dialog"));
  #text = element("textarea", { id: "json-text", spellcheck: false, autocomplete: "off", "aria-describedby": "json-problem" });
  #problem = element("p", { class: "problem", id: "json-problem", role: "alert" });

  /** @param {Question} question */
  constructor(question) {
    this.#question = question;
    const use = element("button", { type: "submit", class: "main" }, "Use it");
    const cancel = element("button", { type: "button" }, "Cancel");
    const what = element("label", { for: "json-text", class: "soft" }, "A snapshot, what “emqx-rebalance status --output json” prints of your cluster, or a whole request with options beside it.");
    const form = element("form", { method: "dialog" }, element("h2", { id: "json-title" }, "The cluster as JSON"), what, this.#text, this.#problem, element("div", { class: "dialog-foot" }, cancel, use));
    this.#dialog.append(form);
    cancel.addEventListener("click", () => this.#dialog.close());
    form.addEventListener("submit", (event) => this.#use(event));
    byId("edit-json").addEventListener("click", () => this.#open());
  }

  #open() {
    const { nodes, options } = this.#question.asked;
    this.#text.value = JSON.stringify({ snapshot: { nodes }, ...wishes(options) }, null, 2);
    say(this.#problem, "");
    this.#dialog.showModal();
    this.#text.focus();
    this.#text.setSelectionRange(0, 0);
  }

  /** @param {Event} event */
  #use(event) {
    event.preventDefault();
    try {
      const asked = request(JSON.parse(this.#text.value, withoutNull));
      plan(asked);
      const { snapshot, weights = {}, ...options } = asked;
      const given = Object.entries(options).map(([name, value]) => [name, wish(value)]);
      // Here weights stand at the nodes.
      const nodes = snapshot.nodes.map((load) => ({ ...load, ...(load.node in weights && { weight: Number(weights[load.node]) }) }));
      this.#question.change({ nodes, ...(given.length > 0 && { options: Object.fromEntries(given) }) });
      this.#dialog.close();
    } catch (thrown) {
      say(this.#problem, complaint(thrown));
    }
  }
}

/**
 * A snapshot alone, `{nodes}`, the status of a cluster, a list of nodes, or a request.
 *
 * @param {any} value
 * @returns {{ snapshot: { nodes: Asked["nodes"] } & Record<string, unknown> } & Record<string, any>}
 */
function request(value) {
  if (Array.isArray(value)) return { snapshot: { nodes: value } };
  // What else a status says is not asked here.
  if (value?.progress !== undefined) return { snapshot: { nodes: value.nodes } };
  if (value?.snapshot === undefined) return { snapshot: value };
  const { mode: _, strategy, ...rest } = value;
  return { ...strategy, ...rest };
}

/** Null says that something is left out. @param {string} _ @param {unknown} value */
function withoutNull(_, value) {
  return value ?? undefined;
}

/** An option as the question keeps it. @param {unknown} value @returns {string | string[]} */
function wish(value) {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {unknown} thrown */
function complaint(thrown) {
  if (!(thrown instanceof RebalanceError)) return thrown instanceof SyntaxError ? `This is not JSON: ${thrown.message}` : String(thrown);
  if (thrown.problems.length === 0) return thrown.message;
  return thrown.problems.map(({ field, value, bound }) => `${field} is ${value}: must be ${bound}`).join("; ");
}
