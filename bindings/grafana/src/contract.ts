import type { RunView } from 'emqx-rebalance';

/** The JSON contract that every language of this project shares, as the planner's package declares it. */
export type { Balance, Finding, LoadBalancer, Mode, NodeLoad, Outcome, Plan, PlanWishes, Status } from 'emqx-rebalance';

/** Whether a run does something, or will. */
export function isRunning({ state }: RunView): boolean {
  return !OVER.includes(state);
}

/** What a driver says of runs that do nothing any more. */
const OVER = ['gone', 'not_needed', 'refused'];
