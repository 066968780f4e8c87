import { element } from "./elements.js";

/** Has the browser keep a file. @param {string} name @param {Blob} content */
export function save(name, content) {
  const href = URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  // Not before the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
