//! The resources of our own, of the group `emqx-rebalance.io`.
//!
//! Their options are the core's tables, so that schema, command and documentation say the same; what they
//! refuse at once, the schema and its rules refuse; and only the controller writes their status.

mod load_rebalance;
mod node_evacuation;
mod options;
mod policy_status;
mod rebalance_policy;
mod status;
mod target;

pub use load_rebalance::{Approval, LoadRebalance, LoadRebalanceSpec};
pub use node_evacuation::{NodeEvacuation, NodeEvacuationSpec};
pub(crate) use options::{named, pascal_case};
pub use policy_status::{DecisionStatus, PolicyRun, PolicyStatus, ProposalStatus};
pub(crate) use rebalance_policy::Terms;
pub use rebalance_policy::{RebalancePolicy, RebalancePolicySpec};
pub use status::OwnStatus;
pub use target::{Instance, InstanceKind, Target};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// The API group of our resources.
pub(crate) const GROUP: &str = "emqx-rebalance.io";
/// Their version.
pub(crate) const VERSION: &str = "v1alpha1";

/// The definitions of our resources.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![LoadRebalance::crd(), NodeEvacuation::crd(), RebalancePolicy::crd()]
}

/// The definitions as YAML, one document each.
///
/// # Errors
/// If they cannot be written, which a test rules out.
pub fn yaml() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let documents: Result<Vec<_>, _> = definitions().iter().map(serde_saphyr::to_string).collect();
    Ok(documents?.join("---\n"))
}

#[cfg(test)]
mod tests;
