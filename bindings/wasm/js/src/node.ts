import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { engine } from "./engine.js";
import "./report-node.js";
export * from "./api.js";

const here = (): URL => new URL("../wasm/emqx_rebalance_wasm_bg.wasm", import.meta.url);
engine.comesFrom({ later: () => readFile(here()), now: () => readFileSync(here()) });
