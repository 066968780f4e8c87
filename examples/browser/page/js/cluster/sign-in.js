import { byId, element } from "../elements.js";
import { trouble } from "./trouble.js";

/**
 * What the form asks for.
 *
 * @typedef {object} SignInEvents
 * @property {(url: string, key: string, secret: string) => Promise<void>} onConnect
 * @property {() => Promise<void>} onDemo
 * @property {() => void} onLeave
 */

/** Where the cluster is, and who asks. Nothing of it is kept. */
export class SignIn {
  #events;
  #host = byId("sign-in");
  #url = element("input", { type: "url", id: "cluster-url", placeholder: "http://10.0.0.1:18083", autocomplete: "off", spellcheck: false, required: true });
  #key = element("input", { id: "cluster-key", autocomplete: "off", spellcheck: false });
  #secret = element("input", { type: "password", id: "cluster-secret", autocomplete: "off" });
  #connect = element("button", { type: "submit", class: "main" }, "Connect");
  #demo = element("button", { type: "button", id: "demo" }, "Demo cluster");
  #trouble = element("div");

  /** @param {SignInEvents} events */
  constructor(events) {
    this.#events = events;
    this.#demo.addEventListener("click", () => this.#try(() => events.onDemo()));
    this.ask();
  }

  /** Asks anew. */
  ask() {
    const form = element("form", { noValidate: true },
      labelled("URL of EMQX's API, or of several nodes", this.#url),
      labelled("API key", this.#key),
      labelled("Secret", this.#secret),
      element("div", { class: "buttons" }, this.#connect, this.#demo),
      element("p", { class: "soft" }, "Kept in this page's memory only: not stored, not in the link."));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(() => this.#events.onConnect(this.#url.value.trim(), this.#key.value, this.#secret.value));
    });
    this.#host.replaceChildren(head("Connection"), form, this.#trouble);
  }

  /** Shows who is asked. @param {string} name @param {...Node} more */
  connected(name, ...more) {
    this.#secret.value = "";
    const leave = element("button", { type: "button", class: "quiet", id: "disconnect" }, "Disconnect");
    leave.addEventListener("click", () => this.#events.onLeave());
    this.#host.replaceChildren(head("Connection", leave), element("p", {}, "Connected to ", element("code", {}, name)), ...more);
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    this.#trouble.replaceChildren();
    this.#connect.disabled = this.#demo.disabled = true;
    try {
      await work();
    } catch (thrown) {
      this.#trouble.replaceChildren(trouble(thrown));
    } finally {
      this.#connect.disabled = this.#demo.disabled = false;
    }
  }
}

/** @param {string} text @param {HTMLElement} control */
function labelled(text, control) {
  return element("label", {}, element("span", {}, text), control);
}

/** @param {string} title @param {...Node} actions */
function head(title, ...actions) {
  return element("div", { class: "card-head" }, element("h2", { id: "sign-in-title" }, title), element("div", { class: "actions" }, ...actions));
}
