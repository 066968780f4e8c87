import { bytes } from "./base64.js";
import { reportEngine } from "./report-engine.js";
import base64 from "./generated/emqx_rebalance_report_wasm.base64.js";

export * from "./report-api.js";

reportEngine.comesFrom({ later: () => bytes(base64), now: () => bytes(base64) });
