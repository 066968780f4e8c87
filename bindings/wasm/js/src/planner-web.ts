import { plannerEngine } from "./planner-engine.js";

export * from "./planner-api.js";

plannerEngine.comesFrom({ later: () => new URL("../wasm/emqx_rebalance_planner_wasm_bg.wasm", import.meta.url) });
