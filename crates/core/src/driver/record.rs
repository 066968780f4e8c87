//! What is worth keeping of a plan that has ended, since EMQX keeps nothing.

use super::outcome::Outcome;
use crate::job::Job;
use crate::reconnect::Reconnects;
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
    pub plan: Job,
    /// The waves before the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<WaveRecord>,
    /// Every node at the end.
    pub nodes: Vec<NodeLoad>,
    /// Connections that have left the donors, in all waves.
    pub moved: u64,
    /// How the dropped clients came back, as far as it was seen: what to plan the next one with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub reconnects: Option<Reconnects>,
    /// Seconds that it was to take, all waves together.
    pub expected_s: u64,
    /// The verdict.
    pub outcome: Outcome,
}

/// A wave that is over.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WaveRecord {
    /// Runs of the wave.
    pub runs: usize,
    /// Clients that it was to drop.
    pub disconnects: u64,
    /// Connections that have left the donors in it.
    pub moved: u64,
    /// Seconds that it was to take.
    pub expected_s: u64,
    /// The fullest node over the mean, as forecast.
    pub expected_over: f64,
    /// The fullest node over the mean, as measured.
    pub over: f64,
}
