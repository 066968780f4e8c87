//! What became of a `Rebalance`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a `Rebalance`. The first five fields are EMQX's; the others are ours, and gone
/// where EMQX's own definition is installed, which keeps only what it knows.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebalanceStatus {
    /// What is known of it, the latest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// `Processing`, `Completed` or `Failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The rebalances that EMQX runs for it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebalance_states: Option<Vec<RebalanceState>>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub started_time: Option<String>,
    /// When it was found to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub completed_time: Option<String>,
    /// What it will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStatus>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeStatus>,
    /// Of objects of ours, the generation that was looked at last.
    #[serde(skip)]
    pub observed_generation: Option<i64>,
}

/// One thing that is known of a `Rebalance`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Processing`, `Completed`, `Failed`; ours are `Planned`, `Waiting` and `DonorsOutOfService`.
    #[serde(rename = "type")]
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When it was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub last_update_time: Option<String>,
    /// When `status` last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: Option<String>,
    /// Why, as one word for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One rebalance that EMQX runs. The fields are named as in EMQX's API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct RebalanceState {
    /// EMQX's word for what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Disconnected sessions that each donor moves per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int32"))]
    pub session_eviction_rate: Option<i64>,
    /// Nodes that gain clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<String>>,
    /// The node that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Nodes that lose clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donors: Option<Vec<String>>,
    /// The node that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinator_node: Option<String>,
    /// Clients that each donor drops per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int32"))]
    pub connection_eviction_rate: Option<i64>,
}

/// What a plan will do.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// `single` or `level`.
    pub mode: String,
    /// EMQX rebalances to start.
    #[schemars(extend("format" = "int32"))]
    pub runs: u32,
    /// Seconds from the first start to the last end.
    #[schemars(extend("format" = "int64"))]
    pub duration_seconds: u64,
    /// Clients that will be dropped.
    #[schemars(extend("format" = "int64"))]
    pub disconnects: u64,
    /// The fewest that could be dropped.
    #[schemars(extend("format" = "int64"))]
    pub fewest_disconnects: u64,
    /// Fullest node over the mean before, such as "33.3%".
    pub over_before: String,
    /// The same as forecast for the end.
    pub over_after: String,
    /// What to know before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// How far a plan is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressStatus {
    /// Connections that have left the donors.
    #[schemars(extend("format" = "int64"))]
    pub moved: u64,
    /// Connections that the plan moves.
    #[schemars(extend("format" = "int64"))]
    pub to_move: u64,
    /// `moved` of `to_move`, such as "53%".
    pub percent: String,
    /// Seconds to the end at the measured pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub eta_seconds: Option<u64>,
    /// Seconds since the first start.
    #[schemars(extend("format" = "int64"))]
    pub elapsed_seconds: u64,
}

/// How a plan ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeStatus {
    /// The verdict: `completed`, `already_balanced`, `stopped`, `vanished`, `stalled`, `aborted`,
    /// `refused` or `timed_out`.
    pub result: String,
    /// The verdict in a sentence, with its numbers.
    pub detail: String,
    /// Fullest node over the mean as measured at the end, such as "9.1%".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
}
