/** @import { Plan } from "../../emqx-rebalance/esm/web.js" */
import { byId, element } from "../elements.js";
import { findingList } from "../findings.js";
import { count, counted, duration, list } from "../format.js";

/**
 * Asks whether to start, with what it will do to the clients.
 *
 * @param {Plan} plan
 * @param {string} name Of the cluster.
 * @returns {Promise<{ force: boolean } | undefined>} Nothing if not.
 */
export function confirmStart(plan, name) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("start-dialog"));
  const errors = plan.findings.filter(({ severity }) => severity === "error");
  const force = element("input", { type: "checkbox", id: "force" });
  const start = element("button", { type: "submit", class: "main", value: "start" }, "Start");
  const cancel = element("button", { type: "button" }, "Cancel");
  start.disabled = errors.length > 0;
  force.addEventListener("change", () => (start.disabled = !force.checked));
  cancel.addEventListener("click", () => dialog.close(""));
  const anyway = element("label", { class: "check" }, force, "Start in spite of this");
  const form = element("form", { method: "dialog" }, element("h2", { id: "start-title" }, "Start this rebalance?"), ...sentences(plan, name),
    ...(errors.length > 0 ? [findingList(errors), anyway] : []), element("div", { class: "dialog-foot" }, cancel, start));
  dialog.replaceChildren(form);
  dialog.returnValue = "";
  dialog.showModal();
  cancel.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "start" ? { force: force.checked } : undefined), { once: true });
  });
}

/** @param {Plan} plan @param {string} name */
function sentences({ runs, forecast, donors }, name) {
  const closed = donors.length > 4 ? counted(donors.length, "node") : list(donors);
  return [
    element("p", {}, `About ${counted(forecast.disconnects, "client")} of ${name} will be disconnected and come back, over ${duration(forecast.duration_s)}. Meanwhile ${closed} ${donors.length === 1 ? "takes" : "take"} no new clients.`),
    element("p", { class: "soft" }, `${count(runs.length)} EMQX ${runs.length === 1 ? "rebalance" : "rebalances"} will be started. Each ends by itself, even if this page is closed.`),
  ];
}
