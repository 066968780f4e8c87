import { byId } from "./elements.js";

/** The links to the results move the focus, and leave the address alone: the question is in it. */
export function skip() {
  for (const link of document.querySelectorAll("[data-skip]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      byId("results").focus();
    });
  }
}
