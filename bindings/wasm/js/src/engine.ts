import * as glue from "./generated/emqx_rebalance_wasm.js";
import { Engine } from "./loader.js";

/** The planner and the driver. */
export const engine = new Engine(glue, "init()");
export type { Cluster as RawCluster, Run as RawRun, Talk as RawTalk } from "./generated/emqx_rebalance_wasm.js";
