import { simulationEngine } from "./simulation-engine.js";

export * from "./simulation-api.js";

simulationEngine.comesFrom({ later: () => new URL("../wasm/emqx_rebalance_simulation_wasm_bg.wasm", import.meta.url) });
