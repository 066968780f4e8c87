import * as glue from "./generated/emqx_rebalance_report_wasm.js";
import { Engine } from "./loader.js";

/** The page about one rebalance, which is loaded when somebody wants one. */
export const reportEngine = /* @__PURE__ */ new Engine(glue, {
  init: "initReport()",
  entry: "emqx-rebalance/report",
  file: "emqx_rebalance_report.wasm",
});
