import { engine } from "./engine.js";
import "./report-web.js";
export * from "./api.js";

engine.comesFrom({ later: () => new URL("../wasm/emqx_rebalance_wasm_bg.wasm", import.meta.url) });
