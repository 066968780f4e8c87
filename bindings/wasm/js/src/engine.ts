import * as glue from "./generated/emqx_rebalance_wasm.js";
import { Engine } from "./loader.js";

/** The planner and the driver. */
export const engine = /* @__PURE__ */ new Engine(glue, { init: "init()", entry: "emqx-rebalance", file: "emqx_rebalance.wasm" });
export type {
  Cluster as RawCluster,
  Job as RawJob,
  Run as RawRun,
  Talk as RawTalk,
} from "./generated/emqx_rebalance_wasm.js";
