//! Makes EMQX's `Rebalance` custom resource work.
//!
//! Watches `rebalances.apps.emqx.io`, finds the cluster that each object names, plans, and drives
//! the plan to the verdict that EMQX does not give. Decisions are the core's: a reconciliation
//! restores the core's driver from the object, steps it, stores it, and only then sends what it asks
//! for. So a restart, a new leader or a conflict changes nothing in the outcome.

pub mod crd;
mod resource;

pub use resource::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, Rebalance, RebalanceSpec, RebalanceState,
    RebalanceStatus, RebalanceStrategy, Served,
};
