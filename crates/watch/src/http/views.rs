//! What is shown, as JSON.

use crate::board::{Known, Place};
use crate::poll::Load;
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::policy::Decision;
use emqx_rebalance_core::{NodeName, NodeStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A cluster, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClusterView {
    /// What it is called here.
    name: String,
    /// `observe`, `propose` or `auto`.
    mode: &'static str,
    /// The fullest node over the mean, as a share, of the nodes that are up. Absent if it was not read yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<f64>,
    /// Connected clients of those nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<u64>,
    /// Nodes that did not say how they are: their clients are in neither number. Absent if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    unknown: Vec<NodeName>,
    /// `read_at_ms`, when it was last read, in milliseconds since 1970; `unread`, why it could not be read at the last
    /// poll; `status`, as of `emqx-rebalance status`; `decision`, the last one; `proposal`, the plan that waits, with
    /// its `id` and `fingerprint`. What is not known is absent.
    #[serde(flatten)]
    #[schema(value_type = Object, inline)]
    known: Known,
}

impl ClusterView {
    pub(super) fn of(place: &Place, known: Known) -> Self {
        let load = known.status.as_ref().and_then(Load::of);
        let nodes = known.status.iter().flat_map(|status| &status.nodes);
        let unknown = nodes.filter(|load| load.status == NodeStatus::Unknown);
        Self {
            name: place.name.clone(),
            mode: place.mode.as_str(),
            over: load.map(|load| load.over),
            clients: load.map(|load| load.clients),
            unknown: unknown.map(|load| load.node.clone()).collect(),
            known,
        }
    }
}

/// A decision, and about which cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionView {
    /// Which.
    cluster: String,
    /// When, why, in words and numbers, and who if somebody.
    #[serde(flatten)]
    #[schema(value_type = Object, inline)]
    decision: Decision,
}

/// A run that has ended, and of which cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunView {
    /// Which.
    cluster: String,
    /// As of `emqx-rebalance history`.
    #[schema(value_type = Object)]
    record: Record,
}

impl From<(String, Decision)> for DecisionView {
    fn from((cluster, decision): (String, Decision)) -> Self {
        Self { cluster, decision }
    }
}

impl From<(String, Record)> for RunView {
    fn from((cluster, record): (String, Record)) -> Self {
        Self { cluster, record }
    }
}
