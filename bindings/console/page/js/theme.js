import { byId, say } from "./elements.js";

const NAMES = /** @type {const} */ (["system", "light", "dark"]);
/** @typedef {typeof NAMES[number]} Theme */

/** Light, dark, or as the system has it: a button goes through them. */
export function theme() {
  const root = document.documentElement;
  const button = byId("theme");
  const show = () => {
    const now = /** @type {Theme} */ (root.dataset["theme"] ?? "system");
    button.replaceChildren(span("unseen-if-narrow", "Theme: "), now === "system" ? "auto" : now);
  };
  button.addEventListener("click", () => {
    const now = NAMES.indexOf(/** @type {Theme} */ (root.dataset["theme"] ?? "system"));
    const next = NAMES[(now + 1) % NAMES.length] ?? "system";
    if (next === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
    keep(next);
    show();
  });
  show();
}

/** @param {string} name @param {string} text */
function span(name, text) {
  const made = document.createElement("span");
  made.className = name;
  say(made, text);
  return made;
}

/** @param {Theme} name */
function keep(name) {
  try {
    localStorage.setItem("theme", name);
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
}
