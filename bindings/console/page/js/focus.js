/**
 * Puts other contents into `host`. Focus that was inside goes to the new heading, where it would
 * fall back to the beginning of the page.
 *
 * @param {HTMLElement} host
 * @param {...Node} contents
 */
export function replace(host, ...contents) {
  const hadFocus = host.contains(document.activeElement);
  host.replaceChildren(...contents);
  if (hadFocus) focusHeading(host);
}

/**
 * The same for a control that is about to be hidden or disabled.
 *
 * @param {HTMLElement} control
 * @param {HTMLElement} host
 */
export function rescue(control, host) {
  if (control === document.activeElement) focusHeading(host);
}

/** @param {HTMLElement} host */
function focusHeading(host) {
  const heading = host.querySelector("h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}
