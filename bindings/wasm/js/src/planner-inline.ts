import { bytes } from "./base64.js";
import { plannerEngine } from "./planner-engine.js";
import base64 from "./generated/emqx_rebalance_planner_wasm.base64.js";

export * from "./planner-api.js";

plannerEngine.comesFrom({ later: () => bytes(base64), now: () => bytes(base64) });
