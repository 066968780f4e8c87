import { byId } from "./elements.js";

/** The link to the results moves the focus, and leaves the address alone: the question is in it. */
export function skip() {
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    byId("results").focus();
  });
}
