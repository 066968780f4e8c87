//! Empties one node: what it will do to the others, and the verdict that EMQX does not give.
//!
//! Unlike a rebalance, an evacuation never ends by itself: the node refuses clients until somebody
//! stops it, over restarts too. So a success is a node that is empty and still closed.

mod ending;
mod evacuator;
mod findings;
mod follow;
mod forecast;
mod guard;
mod plan;
mod progress;
mod start;
mod state;

pub use evacuator::Evacuator;
pub use plan::{EvacuationAsked, EvacuationPlan, EvacuationPlanOptions, plan_evacuation};
pub use state::EvacuatorState;
