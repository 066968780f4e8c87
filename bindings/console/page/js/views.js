/** @typedef {"what-if" | "cluster"} View */

/** Two views of one page: the question alone, and a cluster. */
export class Views {
  /** @type {((view: View) => void)[]} */
  #listeners = [];
  #buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-view]"));

  constructor() {
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.show(/** @type {View} */ (button.dataset["view"])));
    }
  }

  /** @param {(view: View) => void} listener */
  onShow(listener) {
    this.#listeners.push(listener);
  }

  /** @param {View} view */
  show(view) {
    for (const button of this.#buttons) {
      if (button.dataset["view"] === view) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-for]"))) {
      part.hidden = part.dataset["for"] !== view;
    }
    for (const listener of this.#listeners) listener(view);
  }
}
