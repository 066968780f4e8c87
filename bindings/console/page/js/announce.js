import { byId, say } from "./elements.js";

/** Tells who listens to the page what happened, when nothing that is said already says it. @param {string} text */
export function announce(text) {
  say(byId("said"), text);
}
