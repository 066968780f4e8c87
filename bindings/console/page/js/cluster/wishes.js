/** @import { Mode } from "../../emqx-rebalance/esm/web.js" */
/** @import { Connection } from "./connection.js" */
import { element } from "../elements.js";

/** What there is before a cluster is connected. @param {() => void} onDemo */
export function welcome(onDemo) {
  const button = element("button", { type: "button", class: "main" }, "Try the demo cluster");
  button.addEventListener("click", onDemo);
  return element(
    "div",
    { class: "card empty" },
    element("h2", {}, "Plan, start and watch a rebalance"),
    element("p", {}, "Connect to EMQX’s API with a key of your dashboard: the page reads every node’s load, shows what a rebalance would do, and starts nothing until you confirm it."),
    element("p", { class: "soft" }, "No cluster at hand? The demo cluster runs in this page, with the loads of “What if”. It behaves like EMQX: health checks, evictions, clients that come back."),
    button,
  );
}

/**
 * How to plan, and how fast a demo's time passes.
 *
 * @param {Mode} mode
 * @param {Connection} connection
 * @param {(mode: Mode) => void} onMode
 */
export function choice(mode, connection, onMode) {
  const modes = select("mode", [["level", "level: several runs at once"], ["single", "single: EMQX’s own run"]], mode, (value) => onMode(/** @type {Mode} */ (value)));
  const rows = [labelled("Plan", modes)];
  if (connection.isDemo) {
    const speeds = [["1", "real time"], ["5", "5 times as fast"], ["20", "20 times as fast"]];
    rows.push(labelled("Time passes", select("speed", speeds, "5", (value) => connection.setSpeed(Number(value)))));
  }
  return rows;
}

/** @param {string} id @param {string[][]} options @param {string} value @param {(value: string) => void} onChange */
function select(id, options, value, onChange) {
  const made = element("select", { id }, ...options.map(([word, text]) => element("option", { value: word }, text ?? "")));
  made.value = value;
  made.addEventListener("change", () => onChange(made.value));
  return made;
}

/** @param {string} text @param {HTMLElement} control */
function labelled(text, control) {
  return element("label", {}, element("span", {}, text), control);
}
