//! What is worth keeping of a plan that has ended, since EMQX keeps nothing.

use super::Driver;
use super::outcome::Outcome;
use super::progress;
use super::state::Stage;
use super::wave::WaveRecord;
use crate::job::JobPlan;
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// Who started a plan, and why.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Purpose {
    /// A person or a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The reason, such as a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A plan that has ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Record {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// When it began, on the driver's clock: milliseconds since 1970 where the host has a clock.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Who, and why.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// What was to be done and was promised of it, its curve in a few points: of several waves the
    /// first one's.
    #[serde(flatten)]
    pub plan: JobPlan,
    /// The waves before the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<WaveRecord>,
    /// Every node at the end.
    pub nodes: Vec<NodeLoad>,
    /// Connections that have left the donors, in all waves.
    pub moved: u64,
    /// Seconds that it was to take, all waves together.
    pub expected_s: u64,
    /// The verdict.
    pub outcome: Outcome,
}

impl Driver {
    /// Says who starts the plan, and why, for the record.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.state.purpose = purpose;
        self
    }

    /// What is worth keeping, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        let Stage::Done { outcome, at, .. } = &self.state.stage else { return None };
        let waves = &self.state.waves;
        let moved = progress::status(&self.state).progress.moved;
        let mut plan = self.state.promised().clone();
        plan.abridge();
        Some(Record {
            version: crate::snapshot::VERSION,
            began_at: self.state.watch.began_at.unwrap_or(*at),
            ended_at: *at,
            purpose: self.state.purpose.clone(),
            plan: JobPlan::Rebalance(Box::new(plan)),
            waves: waves.clone(),
            nodes: self.state.watch.nodes.clone(),
            moved: waves.iter().map(|wave| wave.moved).fold(moved, u64::saturating_add),
            expected_s: waves
                .iter()
                .map(|wave| wave.expected_s)
                .fold(self.state.plan.forecast.duration_s, u64::saturating_add),
            outcome: outcome.clone(),
        })
    }
}
