import { element } from "./elements.js";

/** What EMQX does in each phase of a rebalance, in its order. */
const PHASES = {
  wait_health_check: "load balancers notice that the donors are closed",
  evicting_conns: "donors disconnect clients, which come back elsewhere",
  wait_takeover: "those that came back take over their sessions",
  evicting_sessions: "donors give away sessions whose client stays away",
};

/** The colours of the phases in the strips below curves, and what happens in each. */
export function phaseKey() {
  const items = Object.entries(PHASES).map(([phase, what]) =>
    element("li", {}, element("span", { class: `swatch p-${phase}` }), element("code", {}, phase), ` ${what}`),
  );
  return element("ul", { class: "phase-key", "aria-label": "Phases in the strips below the curves" }, ...items);
}
