import { reportEngine } from "./report-engine.js";

export * from "./report-api.js";

reportEngine.comesFrom({ later: () => new URL("../wasm/emqx_rebalance_report_wasm_bg.wasm", import.meta.url) });
