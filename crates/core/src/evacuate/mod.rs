//! What it will do to the others to empty one node. [`crate::driver`] does it.

mod emptying;
mod findings;
mod forecast;
mod options;
mod plan;

pub use options::EvacuationPlanOptions;
pub use plan::{EvacuationAsked, EvacuationPlan, plan_evacuation};
