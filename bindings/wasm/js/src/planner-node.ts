import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { plannerEngine } from "./planner-engine.js";

export * from "./planner-api.js";

const here = (): URL => new URL("../wasm/emqx_rebalance_planner_wasm_bg.wasm", import.meta.url);
plannerEngine.comesFrom({ later: () => readFile(here()), now: () => readFileSync(here()) });
