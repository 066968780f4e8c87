import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { simulationEngine } from "./simulation-engine.js";

export * from "./simulation-api.js";

const here = (): URL => new URL("../wasm/emqx_rebalance_simulation_wasm_bg.wasm", import.meta.url);
simulationEngine.comesFrom({ later: () => readFile(here()), now: () => readFileSync(here()) });
