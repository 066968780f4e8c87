//! What was decided, and why.

use super::figures::Figures;
use super::reason::Reason;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What was decided about a cluster, and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Decision {
    /// When, in milliseconds since 1970.
    pub at: Timestamp,
    /// Until when it was decided again and again, for the same reason.
    pub until: Timestamp,
    /// How often it was.
    pub times: u64,
    /// Why, for programs.
    pub reason: Reason,
    /// Why, for people: a sentence with its numbers, as of [`Self::until`].
    pub detail: String,
    /// The fullest node over the mean, where the cluster was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
    /// What called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// The plan that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Figures>,
    /// Who decided it, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

/// What called for a rebalance.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The load was uneven for long enough.
    Imbalance,
    /// A node joined or came back, and has settled.
    Node,
}

impl Decision {
    /// A decision of `now`, for the reason `detail` in a sentence.
    pub(super) fn new(now: Timestamp, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            at: now,
            until: now,
            times: 1,
            reason,
            detail: detail.into(),
            over: None,
            trigger: None,
            plan: None,
            who: None,
        }
    }

    pub(super) fn about(mut self, plan: &Figures) -> Self {
        self.plan = Some(*plan);
        self
    }

    pub(super) fn of(mut self, trigger: Trigger) -> Self {
        self.trigger = Some(trigger);
        self
    }

    /// Whether it is about what a plan was good for.
    pub(super) fn is_of_a_plan(&self) -> bool {
        self.plan.is_some() || matches!(self.reason, Reason::NoPlan | Reason::NothingToMove)
    }

    /// Whether `later` is the same, decided again.
    pub(super) fn is_repeated_by(&self, later: &Self) -> bool {
        self.reason == later.reason && !later.reason.is_act()
    }

    /// The same, decided again as `later` has it.
    pub(super) fn repeat(&mut self, later: Self) {
        let (at, times) = (self.at, self.times.saturating_add(1));
        *self = Self { at, times, ..later };
    }
}
