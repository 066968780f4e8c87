import { byId, element } from "../elements.js";
import { replace } from "../focus.js";
import { trouble } from "./trouble.js";

/**
 * What the form asks for.
 *
 * @typedef {object} SignInEvents
 * @property {(url: string, key: string, secret: string, signal: AbortSignal) => Promise<void>} onConnect
 * @property {(signal: AbortSignal) => Promise<void>} onDemo
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
  #cancel = element("button", { type: "button", hidden: true }, "Cancel");
  #trouble = element("div");
  /** Ends the attempt to connect. */
  #attempt = new AbortController();

  /** @param {SignInEvents} events */
  constructor(events) {
    this.#events = events;
    this.#demo.addEventListener("click", () => this.#try((signal) => events.onDemo(signal)));
    this.#cancel.addEventListener("click", () => this.#attempt.abort());
    this.ask();
  }

  /** Asks anew. */
  ask() {
    const form = element("form", { noValidate: true },
      labelled("URL of EMQX's API, or of several nodes", this.#url),
      labelled("API key", this.#key),
      labelled("Secret", this.#secret),
      element("div", { class: "buttons" }, this.#connect, this.#demo, this.#cancel),
      element("p", { class: "soft" }, "Kept in this page's memory only: not stored, not in the link."));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try((signal) => this.#events.onConnect(this.#url.value.trim(), this.#key.value, this.#secret.value, signal));
    });
    replace(this.#host, head("Connection"), form, this.#trouble);
  }

  /** Shows who is asked. @param {string} name @param {...Node} more */
  connected(name, ...more) {
    this.#secret.value = "";
    const leave = element("button", { type: "button", class: "quiet", id: "disconnect" }, "Disconnect");
    leave.addEventListener("click", () => this.#events.onLeave());
    replace(this.#host, head("Connection", leave), element("p", {}, "Connected to ", element("code", {}, name)), ...more);
  }

  /** @param {(signal: AbortSignal) => Promise<void>} work */
  async #try(work) {
    // A form can be sent by its keys although its button is disabled.
    if (this.#connect.disabled) return;
    const { signal } = (this.#attempt = new AbortController());
    this.#trouble.replaceChildren();
    this.#setBusy(true);
    try {
      await work(signal);
    } catch (thrown) {
      if (!signal.aborted) this.#trouble.replaceChildren(trouble(thrown));
    } finally {
      this.#setBusy(false);
    }
  }

  /** While a connection is made, all there is to do is to give it up. @param {boolean} isBusy */
  #setBusy(isBusy) {
    const focused = document.activeElement;
    this.#connect.disabled = this.#demo.disabled = isBusy;
    this.#cancel.hidden = !isBusy;
    if (isBusy && (focused === this.#connect || focused === this.#demo)) this.#cancel.focus();
    if (!isBusy && focused === this.#cancel) this.#connect.focus();
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
