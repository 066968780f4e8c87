//! From a snapshot and a strategy to the runs that level the cluster.

mod abridge;
mod finding;
pub(crate) mod findings;
mod fingerprint;
mod options;
pub(crate) mod reason;
pub(crate) mod selection;
pub(crate) mod single;
pub(crate) mod versions;

pub(crate) use abridge::with_curve;
pub use finding::{Finding, FindingCode, Severity};
pub use fingerprint::{Fingerprint, NodeCount, Tolerance};
pub use options::PlanOptions;
pub(crate) use options::RECONNECT_DELAY;

use crate::balance::{BalanceChange, Bounds};
use crate::error::Result;
use crate::forecast::Forecast;
use crate::input::Field;
use crate::level::{self, Behind, Comparison, Move, Wave};
use crate::node::NodeName;
use crate::snapshot::Snapshot;
use crate::strategy::Strategy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// How the plan ends behind each kind of balancer, if the options do not name one. Only of a
    /// `level` plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Behind>,
    /// What EMQX's own run would do in the same circumstances. Only of a `level` plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
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

/// How the runs of a plan are found.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The one run that EMQX would do by itself.
    #[default]
    Single,
    /// As many runs at once as it takes to end level.
    Level,
}

impl Mode {
    /// Their words.
    const WORDS: [(&str, Self); 2] =
        [(Self::Single.as_str(), Self::Single), (Self::Level.as_str(), Self::Level)];

    /// The stable word: `single` or `level`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Level => "level",
        }
    }
}

impl Field for Mode {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
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

/// Plans the rebalance of `snapshot`.
///
/// # Errors
/// `config_invalid` if the options name a node twice or leave none, or a weight is no number more
/// than 0; `unknown_node` if they name one that is not in the snapshot.
pub fn plan(snapshot: &Snapshot, strategy: &Strategy, options: &PlanOptions) -> Result<Plan> {
    if !options.weights.is_empty() {
        // From here on the nodes have them, and so has the plan's fingerprint: to plan again, a node
        // that has left by then need not be there.
        let snapshot = snapshot.weighted(&options.weights)?;
        let options = PlanOptions { weights: BTreeMap::new(), ..options.clone() };
        return plan(&snapshot, strategy, &options);
    }
    match options.mode {
        Mode::Single => single::plan(snapshot, strategy, options),
        Mode::Level => level::plan(snapshot, strategy, options),
    }
}
