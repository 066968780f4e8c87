import { bytes } from "./base64.js";
import { engine } from "./engine.js";
import base64 from "./generated/emqx_rebalance_wasm.base64.js";
import { reportEngine } from "./report-engine.js";

export * from "./api.js";

engine.comesFrom({ later: () => bytes(base64), now: () => bytes(base64) });
// Few want a report: everybody else need not carry it.
reportEngine.comesFrom({
  later: async () => bytes((await import("./generated/emqx_rebalance_report_wasm.base64.js")).default),
});
