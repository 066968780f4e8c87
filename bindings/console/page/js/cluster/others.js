/** @import { Cluster, Status } from "../../emqx-rebalance/esm/web.js" */
import { byId, element, say } from "../elements.js";
import { rescue } from "../focus.js";
import { stateWord } from "../states.js";
import { trouble } from "./trouble.js";

/**
 * The rebalances that run already, whoever started them, each with a button to stop it.
 *
 * @param {Status} status
 * @param {Cluster} cluster
 * @param {() => void} onStopped
 */
export function others({ runs }, cluster, onStopped) {
  return runs.map(({ coordinator, state }) => {
    const stop = element("button", { type: "button", class: "danger" }, "Stop it");
    const row = element("div", { class: "card" }, element("p", {}, "A rebalance runs on ", element("code", {}, coordinator), ": ", element("span", { class: "state" }, stateWord(state))), element("div", { class: "buttons" }, stop));
    stop.addEventListener("click", async () => {
      rescue(stop, byId("cluster"));
      stop.disabled = true;
      say(stop, "Stopping…");
      try {
        await cluster.stop(coordinator);
        onStopped();
      } catch (thrown) {
        row.append(trouble(thrown));
      }
    });
    return row;
  });
}
