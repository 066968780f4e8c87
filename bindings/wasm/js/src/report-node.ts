import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { reportEngine } from "./report-engine.js";

export * from "./report-api.js";

const here = (): URL => new URL("../wasm/emqx_rebalance_report_wasm_bg.wasm", import.meta.url);
reportEngine.comesFrom({ later: () => readFile(here()), now: () => readFileSync(here()) });
