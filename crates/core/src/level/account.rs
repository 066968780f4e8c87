//! What a plan does to each node, and what it gains over EMQX's own run.

use crate::balance::Balance;
use crate::balancer::LoadBalancer;
use crate::node::NodeName;
use serde::{Deserialize, Serialize};

/// What a plan does to one node.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Move {
    /// The node.
    pub node: NodeName,
    /// Connected clients now.
    pub from: u64,
    /// Connected clients at the end, as forecast.
    pub to: u64,
    /// Clients that the node drops.
    pub leave: u64,
    /// Clients that come to it.
    pub arrive: u64,
    /// When it stops taking clients, in seconds from the first start. `None`: it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at_s: Option<u64>,
    /// When it takes clients again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopens_at_s: Option<u64>,
}

/// One of the rounds that it takes to reach the goal, each planned from the counts the last one
/// left. The first is the plan at hand.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Wave {
    /// The fullest node over the mean after it, with the noise that a balancer's chance adds.
    pub over: f64,
    /// Clients dropped in it.
    pub disconnects: u64,
}

/// A way to level, in numbers to compare.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Comparison {
    /// Balance at the end.
    pub balance: Balance,
    /// Clients dropped.
    pub disconnects: u64,
    /// Seconds from the start to the end.
    pub duration_s: u64,
}

/// How the plan ends behind one kind of load balancer.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Behind {
    /// The kind.
    pub load_balancer: LoadBalancer,
    /// The fullest node over the mean at the end, with the noise of chance.
    pub over: f64,
}
