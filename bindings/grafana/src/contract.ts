/** The JSON contract that every language of this project shares, as the planner's package declares it. */
export type {
  Balance,
  Finding,
  LoadBalancer,
  Mode,
  NodeLoad,
  Outcome,
  Plan,
  PlanWishes,
  Status,
} from 'emqx-rebalance/inline';
