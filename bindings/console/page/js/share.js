/** @import { Question } from "./question.js" */
import { byId } from "./elements.js";
import { fromHash, toHash } from "./link.js";

/** Keeps the question in the address, so that a link shares it. @param {Question} question */
export function share(question) {
  let written = location.hash;
  /** @type {number | undefined} */
  let pause;
  question.onChange((asked) => {
    clearTimeout(pause);
    // Browsers bear few changes of the address a second.
    pause = window.setTimeout(() => history.replaceState(null, "", (written = toHash(asked))), 250);
  });
  addEventListener("hashchange", () => {
    const asked = location.hash === written ? undefined : fromHash(location.hash);
    if (asked) question.change(asked);
  });
  byId("share").addEventListener("click", () => copy(question));
}

/** @param {Question} question */
async function copy(question) {
  const address = new URL(toHash(question.asked), location.href).href;
  history.replaceState(null, "", address);
  const button = byId("share");
  const before = [...button.childNodes];
  try {
    await navigator.clipboard.writeText(address);
    button.replaceChildren("Copied");
  } catch {
    button.replaceChildren("In the address bar");
  }
  setTimeout(() => button.replaceChildren(...before), 1600);
}
