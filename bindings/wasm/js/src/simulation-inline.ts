import { bytes } from "./base64.js";
import { simulationEngine } from "./simulation-engine.js";
import base64 from "./generated/emqx_rebalance_simulation_wasm.base64.js";

export * from "./simulation-api.js";

simulationEngine.comesFrom({ later: () => bytes(base64), now: () => bytes(base64) });
