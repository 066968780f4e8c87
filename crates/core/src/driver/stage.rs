//! How far a driver is, and why it comes to its end.

use super::guard::Guard;
use super::outcome::{Cause, Outcome, OutcomeKind};
use super::watch::Watch;
use crate::node::NodeName;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a driver is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Stage {
    /// Reads the cluster before touching it.
    Preflight,
    /// Sends the starts, one after the other.
    Starting,
    /// Polls until everything that was started is done or gone.
    Following,
    /// All of it is gone or must go; finds the verdict.
    Ending { why: EndReason, since: Timestamp },
    /// Has a verdict. One that was given since the cluster could not be read is no last word: who
    /// goes on from it looks again.
    Done {
        outcome: Outcome,
        at: Timestamp,
        #[serde(default)]
        is_blind: bool,
    },
}

impl Stage {
    /// Takes back a verdict that was given since the cluster could not be read. The time in which
    /// it could not counts against no limit.
    pub(super) fn look_again(&mut self, watch: &mut Watch) {
        if let Self::Done { is_blind: true, .. } = self {
            *self = Self::Following;
            if let Some(silence) = watch.silence.take() {
                let silent_ms = watch.now.ms_since(silence.since);
                watch.paused_ms = watch.paused_ms.saturating_add(silent_ms);
            }
        }
    }

    /// The verdict, once there is one.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Done { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// When the verdict was found, once there is one.
    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Done { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// Why a plan ends.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(super) enum EndReason {
    /// What was started has ended by itself.
    Gone,
    /// The pilot has shown how clients come back.
    Learned,
    /// The user asked for it.
    Asked,
    /// No count moved any more.
    Stalled { idle_s: u64 },
    /// The time limit passed.
    Late { limit_s: u64 },
    /// A guard tripped.
    Guarded { guard: Guard, numbers: String },
    /// A start was refused.
    Refused { coordinator: NodeName, cause: Cause },
}

impl EndReason {
    /// The verdict of an end that says everything by itself.
    pub(super) fn verdict(&self) -> Option<(OutcomeKind, String)> {
        match self {
            Self::Asked => Some((OutcomeKind::Stopped, "stopped as asked".to_owned())),
            Self::Guarded { numbers, .. } => {
                Some((OutcomeKind::Aborted, format!("stopped to do no harm: {numbers}")))
            }
            Self::Late { limit_s } => {
                Some((OutcomeKind::TimedOut, format!("not done after the limit of {limit_s} s")))
            }
            Self::Gone | Self::Learned | Self::Stalled { .. } | Self::Refused { .. } => None,
        }
    }

    /// Says in `outcome` who or what ended it.
    pub(super) fn sign(&self, outcome: &mut Outcome) {
        match self {
            Self::Refused { cause, .. } => outcome.cause = Some(cause.clone()),
            Self::Guarded { guard, .. } => outcome.guard = Some(*guard),
            _ => {}
        }
    }
}
