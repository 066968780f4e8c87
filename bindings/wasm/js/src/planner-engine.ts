import * as glue from "./generated/emqx_rebalance_planner_wasm.js";
import { Engine } from "./loader.js";

/** The planner and the forecast alone. */
export const plannerEngine = /* @__PURE__ */ new Engine(glue, {
  init: "init()",
  entry: "emqx-rebalance/planner",
  file: "emqx_rebalance_planner.wasm",
});
