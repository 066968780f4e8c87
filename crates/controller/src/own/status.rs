//! What became of an object of ours.

use crate::resource::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, RebalanceState, RebalanceStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of it. Only the controller writes this.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnStatus {
    /// The generation of the object that the conditions are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Processing`, `Empty` (of an evacuation whose node is safe to stop), `Completed` or `Failed`; absent
    /// before anything was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// What is known of it. `Ready`, `Reconciling` and `Stalled` are for tools, `Completed` and `Ended` for
    /// `kubectl wait`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<v1::Condition>,
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
    /// What EMQX runs for it now, in EMQX's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Vec<RebalanceState>>,
    /// What another process of the controller needs to go on, compressed; gone at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 524_288))]
    pub state: Option<String>,
}

impl OwnStatus {
    /// `status` without the state, which is written by itself.
    pub(crate) fn of(status: &RebalanceStatus) -> Self {
        let generation = status.observed_generation;
        let conditions = status.conditions.iter().flatten();
        Self {
            observed_generation: generation,
            phase: status.phase.clone(),
            conditions: conditions.map(|condition| own(condition, generation)).collect(),
            started_time: status.started_time.clone(),
            completed_time: status.completed_time.clone(),
            plan: status.plan.clone(),
            progress: status.progress.clone(),
            outcome: status.outcome.clone(),
            runs: status.rebalance_states.clone(),
            state: None,
        }
    }
}

impl From<OwnStatus> for RebalanceStatus {
    fn from(status: OwnStatus) -> Self {
        let conditions = status.conditions.into_iter().map(theirs).collect();
        Self {
            conditions: Some(conditions),
            phase: status.phase,
            rebalance_states: status.runs,
            started_time: status.started_time,
            completed_time: status.completed_time,
            plan: status.plan,
            progress: status.progress,
            outcome: status.outcome,
            observed_generation: status.observed_generation,
        }
    }
}

fn own(condition: &Condition, generation: Option<i64>) -> v1::Condition {
    let Condition { type_, status, last_transition_time, reason, message, .. } = condition;
    let time = last_transition_time.as_deref().and_then(|time| time.parse().ok());
    v1::Condition {
        type_: type_.clone(),
        status: status.clone(),
        last_transition_time: v1::Time(time.unwrap_or_default()),
        observed_generation: generation,
        // Kubernetes wants a reason and a message wherever there is a condition.
        reason: reason.clone().unwrap_or_else(|| type_.clone()),
        message: message.as_ref().or(reason.as_ref()).unwrap_or(type_).clone(),
    }
}

fn theirs(condition: v1::Condition) -> Condition {
    let v1::Condition { type_, status, last_transition_time, reason, message, .. } = condition;
    Condition {
        type_,
        status,
        last_update_time: None,
        last_transition_time: Some(last_transition_time.0.to_string()),
        message: Some(message).filter(|message| *message != reason),
        reason: Some(reason),
    }
}
