//! Makes EMQX's `Rebalance` custom resource work, and resources of our own.
//!
//! Watches them, and reads each object as an `Order`, whichever kind it is. Of a `Rebalance` it makes a
//! `LoadRebalance`, and says on the one what becomes of the other. For ours it finds the cluster that they
//! name, plans, and drives the plan to the verdict that EMQX does not give. Decisions are the core's: a reconciliation
//! restores the core's driver from the object, steps it, stores it, and only then sends what it asks
//! for. So a restart, a new leader or a conflict changes nothing in the outcome.

mod adapter;
mod clock;
mod clusters;
mod context;
pub mod crd;
mod drain;
mod failure;
mod health;
mod hosts;
mod instance;
mod leader;
mod live;
mod memory;
mod metrics;
mod object;
mod order;
pub mod own;
mod packed;
mod policy;
mod reconcile;
mod report;
mod resource;
mod run;
mod saved;
mod server;
mod service;
mod watch;
mod wishes;

pub use hosts::HostPattern;
pub use leader::LeaseOptions;
pub use resource::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, RebalanceSpec, RebalanceState,
    RebalanceStatus, RebalanceStrategy, Served,
};
pub use run::{RunError, RunOptions, run};
