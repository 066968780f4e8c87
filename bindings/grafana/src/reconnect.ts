import type { PlanWishes } from './contract';

/** What is said beside a field for how clients come back. */
export const RECONNECT_HELP =
  'A preset, a time such as 1m30s, or points such as {"points": [[0.5, 0], [1.5, 0.5], [60, 1]]}';

/** A profile as the planner takes it. What is meant as JSON and is none, the planner refuses in its own words. */
export function profileOf(text: string | undefined): PlanWishes['reconnect'] {
  if (!text?.trim().startsWith('{')) {
    return text?.trim() || undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
