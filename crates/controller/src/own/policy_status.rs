//! What a policy has seen and decided.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a policy has seen and decided. Only the controller writes this.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// The generation of the object that the conditions are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: the cluster was read and the policy decides. `Stalled`: somebody must change this object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// When the cluster was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub read_time: Option<String>,
    /// Fullest node over the mean then, such as "33.3%".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// Clients of all nodes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub clients: Option<u64>,
    /// The nodes of the cluster then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// What was decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionStatus>,
    /// What was decided before, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<DecisionStatus>,
    /// What it would have started while it observed, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would_have_started: Vec<DecisionStatus>,
    /// The plan that waits for approval, or was approved and waits for its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalStatus>,
    /// What is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<PolicyRun>,
    /// What another process of the controller needs to go on, compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 524_288))]
    pub state: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionStatus {
    /// Why, as one word for programs: `balanced`, `waiting`, `cool_down`, `started` and others.
    pub reason: String,
    /// Why, in a sentence with its numbers.
    pub message: String,
    /// Since when it was decided again and again.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// How often it was.
    #[schemars(extend("format" = "int64"))]
    pub times: u64,
}

/// A plan that waits.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalStatus {
    /// Its number, to approve or reject it by.
    #[schemars(extend("format" = "int64"))]
    pub id: u64,
    /// When it was made.
    #[schemars(extend("format" = "date-time"))]
    pub made: String,
    /// Fullest node over the mean before, such as "33.3%".
    pub over_before: String,
    /// The same as forecast for the end.
    pub over_after: String,
    /// Clients that will be dropped.
    #[schemars(extend("format" = "int64"))]
    pub disconnects: u64,
    /// Seconds that it will take.
    #[schemars(extend("format" = "int64"))]
    pub duration_seconds: u64,
    /// Whether it was approved.
    pub approved: bool,
}

/// The `LoadRebalance` of a policy.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRun {
    /// Its name.
    pub name: String,
    /// Its UID, once it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Clients that it was seen to have moved.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub moved: u64,
}
