import { element } from "../elements.js";
import { RebalanceError } from "../rebalance.js";

/** What went wrong with a cluster, and what to do about it. @param {unknown} thrown */
export function trouble(thrown) {
  const kind = thrown instanceof RebalanceError ? thrown.kind : undefined;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const title = kind ? (TITLES[kind] ?? kind) : "Something went wrong";
  const said = element("p", {}, element("b", {}, `${title}. `), message);
  return element("div", { class: "trouble", role: "alert" }, said, ...(kind === "unreachable" ? unreachable() : []));
}

/** @type {Partial<Record<string, string>>} */
const TITLES = {
  unauthorized: "The key or its secret is wrong",
  forbidden: "The key may not do this",
  unreachable: "The cluster did not answer",
  timeout: "The cluster took too long",
  config_invalid: "This cannot be asked",
  unsupported: "This EMQX cannot do it",
  refused: "EMQX refused",
  conflict: "Something else is going on",
};

/** A browser does not tell a page why. */
function unreachable() {
  const origin = location.origin;
  return [
    element("p", {}, "A browser hides from the page why a request failed. Most often EMQX does not let pages of other addresses use its API. Allow it in EMQX's configuration:"),
    element("p", {}, element("code", {}, "dashboard.cors = true")),
    element("p", {}, `or serve this page from EMQX's own address with a reverse proxy. This page is ${origin}.`),
    ...(location.protocol === "https:" ? [element("p", {}, "A page that came over https can only ask a cluster over https.")] : []),
  ];
}
