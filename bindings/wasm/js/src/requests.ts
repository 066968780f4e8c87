import type {
  DriverOptions,
  Evacuation,
  EvacuationPlanOptions,
  EvacuationRequest as EvacuationRequestParts,
  PlanOptions,
  PlanRequest as PlanRequestParts,
  StartRequest,
  Strategy,
} from "./generated/contract.js";

/**
 * Options as people write them: any may be left out or null, and a number may be text, such as
 * "10" for a rate or "1m30s" for a wait.
 */
export type Wishes<T> = {
  [K in keyof T]?: T[K] | (NonNullable<T[K]> extends number ? string : never) | null;
};

/** What to plan: the loads, and every option of strategy and plan by its name. */
export type PlanRequest = PlanRequestParts &
  Wishes<Strategy> &
  Wishes<PlanOptions> & { strategy?: Wishes<Strategy> };

/** What to plan for a cluster that is asked for its loads. */
export type PlanWishes = Omit<PlanRequest, "snapshot">;

/** Which node to plan empty. */
export type EvacuationRequest = EvacuationRequestParts &
  Wishes<Evacuation> &
  Wishes<EvacuationPlanOptions>;

/** The same for a cluster that is asked for its loads. */
export type EvacuationWishes = Omit<EvacuationRequest, "snapshot">;

/**
 * How to start a plan, of an evacuation too: `force`, `who` and `reason`, and how patiently to
 * follow it.
 */
export type StartWishes = Omit<StartRequest<unknown>, "plan"> & Wishes<DriverOptions>;
