import type { CallOptions } from "./call-options.js";
import { check, OBJECT } from "./check.js";
import type { Plan, Record as RunRecord } from "./generated/contract.js";
import type { WasmSource } from "./loader.js";
import { reportEngine } from "./report-engine.js";
import { page, type ReportOptions } from "./report.js";

export type { CallOptions } from "./call-options.js";
export { RebalanceError } from "./errors.js";
export type * from "./generated/contract.js";
export type { WasmSource } from "./loader.js";
export type { ReportOptions } from "./report.js";

/** Loads what draws reports, once. Not needed: `report` does it by itself. */
export function initReport(source?: WasmSource | Promise<WasmSource>, options?: CallOptions): Promise<void> {
  return reportEngine.load(source, options);
}

/**
 * The page about a rebalance: HTML that holds all it shows and loads nothing, as the command writes it with `--report`.
 *
 * @param about What was kept of one that has ended, `run.record`, or a plan.
 * Rejects with kind `config_invalid` if it is neither, `unsupported` if it is of an evacuation.
 */
export async function report(about: RunRecord | Plan, options?: ReportOptions): Promise<string> {
  check("report", "about", about, OBJECT);
  return page("outcome" in about ? { record: about } : { job: { plan: about } }, [], options);
}
