//! What it will do to the others to empty one node. [`crate::driver`] does it.

mod findings;
mod forecast;
mod plan;

pub use plan::{EvacuationAsked, EvacuationPlan, EvacuationPlanOptions, plan_evacuation};
