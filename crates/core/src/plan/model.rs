//! A plan, as a value.

use super::finding::{Finding, Severity};
use super::fingerprint::Fingerprint;
use super::options::{Mode, PlanOptions};
use crate::balance::{BalanceChange, Bounds};
use crate::forecast::Forecast;
use crate::level::account::{Behind, Comparison, Move, Wave};
use crate::node::NodeName;
use crate::strategy::Strategy;
use serde::{Deserialize, Serialize};

/// One or more EMQX rebalances and what they will do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Plan {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// How the runs were found.
    pub mode: Mode,
    /// What was asked for: all it takes to plan again from fresh counts.
    #[serde(default)]
    pub asked: Asked,
    /// What it was made from.
    #[serde(default)]
    pub fingerprint: Fingerprint,
    /// Whether there is anything to start.
    pub decision: Decision,
    /// Why there is nothing to balance, with the numbers and the option that would change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Nodes that lose clients, or would if the thresholds allowed it.
    pub donors: Vec<NodeName>,
    /// Nodes that gain clients, or would if the thresholds allowed it.
    pub recipients: Vec<NodeName>,
    /// The run that goes before all others, to see how clients come back. Only of a `level` plan that was
    /// not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pilot: Option<PilotRun>,
    /// The starts to send, in this order. Empty if there is nothing to balance.
    pub runs: Vec<Run>,
    /// What the runs will do.
    pub forecast: Forecast,
    /// The balance of the nodes that can take part, before and after.
    pub balance: BalanceChange,
    /// What no plan can beat.
    pub bounds: Bounds,
    /// What to know before starting. One of severity `error` stops a start.
    pub findings: Vec<Finding>,
    /// What happens to each node. Only of a `level` plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// The rounds expected until the goal is met, this plan first. Only of a `level` plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
    /// In how many groups the donors are closed, one after the other, since `max_unavailable` allows no more
    /// at once. Each is a wave; of `waves`, so many come first.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    pub groups: usize,
    /// How the plan ends behind each kind of balancer, if the options do not name one. Only of a
    /// `level` plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Behind>,
    /// What EMQX's own run would do in the same circumstances. Only of a `level` plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

const fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_one(groups: &usize) -> bool {
    *groups == 1
}

impl Plan {
    /// Findings that forbid a start unless it is forced.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }
}

/// What a plan was asked to do.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Asked {
    /// How fast and how far.
    pub strategy: Strategy,
    /// What else.
    pub options: PlanOptions,
}

/// Whether a plan starts anything.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// EMQX would begin a rebalance.
    Start,
    /// EMQX would answer `nothing_to_balance`.
    NothingToBalance,
}

/// The run that goes first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PilotRun {
    /// The start to send before all others.
    pub run: Run,
    /// Clients that it drops.
    pub clients: u64,
    /// Most seconds that it takes. It ends as soon as its clients are back.
    pub most_s: u64,
}

/// One EMQX rebalance: one start call to one coordinator.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Run {
    /// The node that runs it. Need not be among `nodes`.
    pub coordinator: NodeName,
    /// The nodes to name in the start.
    pub nodes: Vec<NodeName>,
    /// Those of `nodes` that EMQX will empty: at or above their average.
    pub donors: Vec<NodeName>,
    /// Those of `nodes` that EMQX will fill.
    pub recipients: Vec<NodeName>,
    /// The options of the start, every one resolved.
    pub strategy: Strategy,
}
