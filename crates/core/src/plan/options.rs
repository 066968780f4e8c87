//! What to plan, beside the strategy.

use super::Mode;
use crate::input::{Fields, FromFields, Options};
use crate::level::LoadBalancer;
use crate::node::NodeName;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// What to plan, beside the strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct PlanOptions {
    /// How to find the runs. Default `single`.
    pub mode: Mode,
    /// The nodes to balance. Default: every running node of one role, replicants if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<NodeName>>,
    /// Nodes to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NodeName>>", optional))]
    pub exclude: Vec<NodeName>,
    /// How much nodes should carry against the others, where the snapshot says nothing else: numbers
    /// more than 0, by node. Default 1. EMQX knows nothing of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<NodeName, f64>>", optional))]
    pub weights: BTreeMap<NodeName, f64>,
    /// The node to run it. Default: the emptiest recipient, since a donor that dies as coordinator
    /// costs two nodes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<NodeName>,
    /// How the load balancer picks nodes. Default: not known; a `level` plan is then made for even
    /// spreading, which least connections does no worse with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancer>,
    /// Seconds that a dropped client takes to come back, on average. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_delay_s: Option<f64>,
    /// `level`: most clients per second that may come back to one node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_reconnect_rate: Option<f64>,
    /// `level`: most clients per second that may come back to the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cluster_reconnect_rate: Option<f64>,
    /// `level`: most nodes that may be closed to new clients at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// `level`: the fullest node may end this share over the mean. A cluster within it is left
    /// alone. Default 0.002.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_over: Option<f64>,
    /// `level`: most seconds that the plan may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_s: Option<u64>,
}

impl PlanOptions {
    /// The reconnect delay in seconds.
    pub(crate) fn delay_s(&self) -> f64 {
        self.reconnect_delay_s.unwrap_or(1.0)
    }

    /// The share over the mean that is good enough.
    pub(crate) fn goal(&self) -> f64 {
        self.target_over.unwrap_or(0.002)
    }
}

impl FromFields for PlanOptions {
    const WHAT: &'static str = "options";
    const OPTIONS: &'static [&'static str] = &[
        "mode",
        "nodes",
        "exclude",
        "weights",
        "coordinator",
        "load_balancer",
        "reconnect_delay_s",
        "max_reconnect_rate",
        "max_cluster_reconnect_rate",
        "max_unavailable",
        "target_over",
        "max_duration_s",
    ];

    fn take(fields: &mut Fields) -> Self {
        let modes = [("single", Mode::Single), ("level", Mode::Level)];
        Self {
            mode: fields.word("mode", &modes).unwrap_or_default(),
            nodes: fields.nodes("nodes"),
            exclude: fields.any_nodes("exclude").unwrap_or_default(),
            weights: fields.shares("weights"),
            coordinator: fields.node("coordinator"),
            load_balancer: fields.word("load_balancer", &LoadBalancer::WORDS),
            reconnect_delay_s: fields.number("reconnect_delay_s", "a number of seconds", any),
            max_reconnect_rate: fields.number("max_reconnect_rate", CLIENTS_PER_S, any),
            max_cluster_reconnect_rate: fields.number(
                "max_cluster_reconnect_rate",
                CLIENTS_PER_S,
                any,
            ),
            max_unavailable: fields.whole("max_unavailable", 1, u32::MAX),
            target_over: fields.number("target_over", "a share from 0 to 1", any),
            max_duration_s: fields.seconds("max_duration_s", u32::MAX).map(u64::from),
        }
    }
}

impl<'de> Deserialize<'de> for PlanOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

/// The planner checks the bounds: hosts may set these fields without reading them.
fn any(_: f64) -> bool {
    true
}

const CLIENTS_PER_S: &str = "a number of clients per second, at least 1";
