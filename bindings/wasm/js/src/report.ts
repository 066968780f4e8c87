import { options as optionsOf, TEXT } from "./check.js";
import type { Plan, Record as RunRecord, Status } from "./generated/contract.js";
import { call, encode } from "./json.js";
import { reportEngine } from "./report-engine.js";

/** What stands at the top of a report. */
export interface ReportOptions {
  /** The headline, such as the cluster's name. Default: how many nodes were rebalanced. */
  title?: string;
  /** When it was made, as text. Default: now, in the reader's time zone. */
  madeAt?: string;
}

/** What a report is about. */
export type About = { record: RunRecord } | { job: { plan: Plan } };

/** The page about a rebalance, with the course that was seen of it. */
export async function page(about: About, course: readonly Status[], options?: ReportOptions): Promise<string> {
  const { title, madeAt } = optionsOf(options, "report", { title: TEXT, madeAt: TEXT });
  const request = encode({ about, course, wishes: { title, made_at: madeAt ?? minute(new Date()) } }, "report");
  await reportEngine.ready();
  return call(() => reportEngine.calls.page(request));
}

/** A moment such as 2026-11-22 19:41, as the command writes it. */
function minute(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
