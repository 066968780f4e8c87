//! What a driver stops its runs for, and how sure it must be.

use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What a driver stops its runs for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Guard {
    /// Clients that were dropped do not come back.
    ClientsMissing,
    /// Somebody evacuates a node of the plan.
    Evacuation,
    /// A rebalance that is not of this plan is running.
    ForeignRun,
    /// A node of the plan is down or has left the cluster.
    NodeDown,
    /// A recipient is close to the most it can hold.
    RecipientFull,
}

/// A guard that saw something, and the polls in a row that it did.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Alarm {
    guard: Guard,
    polls: u32,
    /// When the first of them had its answers.
    #[serde(default)]
    since: Timestamp,
}

impl Alarm {
    /// The alarm that follows on `before` if `guard` sees something `now`.
    pub(crate) fn after(before: Option<Self>, guard: Guard, now: Timestamp) -> Self {
        match before.filter(|alarm| alarm.guard == guard) {
            Some(same) => Self { polls: same.polls.saturating_add(1), ..same },
            None => Self { guard, polls: 1, since: now },
        }
    }

    /// Whether it was seen often enough to act, and for `patience_ms` by a poll that was `asked_at`.
    pub(crate) fn is_certain(self, asked_at: Timestamp, patience_ms: u64) -> bool {
        self.polls >= POLLS && asked_at.ms_since(self.since) >= patience_ms
    }
}

const POLLS: u32 = 2;
