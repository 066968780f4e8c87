//! The verdict that EMQX does not give.

use super::guard::Guard;
use crate::balance::Balance;
use crate::error::Error;
use crate::node::NodeName;
use serde::{Deserialize, Serialize};

/// How a plan ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Outcome {
    /// The verdict.
    pub result: OutcomeKind,
    /// The verdict in a sentence, with its numbers.
    pub detail: String,
    /// The measured balance of the plan's nodes, unless their counts could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// Clients that were connected before the first start and are connected nowhere now. Absent if the
    /// counts of all nodes are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<u64>,
    /// Since when at least half of those have been missing, without a break, by the host's clock: milliseconds
    /// since 1970 where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since_ms: Option<u64>,
    /// Nodes whose counts were not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<NodeName>,
    /// When the counts were read that this rests on, by the host's clock: milliseconds since 1970
    /// where it has one. Absent if none was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at_ms: Option<u64>,
    /// Donors that could not be asked whether they serve again. Look at them yourself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<NodeName>,
    /// The guard that stopped the runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// What EMQX, or the network, said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// An error that led to an outcome, in the shape of [`Error`]'s JSON.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cause {
    /// The word of the error's kind.
    pub kind: String,
    /// The error in one line.
    pub message: String,
}

impl From<&Error> for Cause {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind().as_str().to_owned(), message: error.to_string() }
    }
}

/// The verdict.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutcomeKind {
    /// Every run ended, the donors serve again and the counts are within the goal.
    Completed,
    /// There was nothing to balance.
    AlreadyBalanced,
    /// The user stopped it, and the donors serve again.
    Stopped,
    /// A run is gone, but its goal is not reached: its coordinator crashed, a node died, somebody
    /// else stopped it, or clients did not come back.
    Vanished,
    /// Nothing moved any more while a run was evicting; it was told to stop.
    Stalled,
    /// A guard saw harm being done and stopped the runs; see [`Outcome::guard`].
    Aborted,
    /// EMQX, or the state of the cluster, did not allow the start.
    Refused,
    /// The time limit passed and what still ran was told to stop, or the cluster could not be read for
    /// so long that nobody knows how it ended.
    TimedOut,
}

impl OutcomeKind {
    /// The stable word: `completed`, `already_balanced`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::AlreadyBalanced => "already_balanced",
            Self::Stopped => "stopped",
            Self::Vanished => "vanished",
            Self::Stalled => "stalled",
            Self::Aborted => "aborted",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
        }
    }

    /// Whether the cluster is as balanced as was asked for.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Completed | Self::AlreadyBalanced)
    }

    /// The phase that an outcome means in the custom resource.
    pub const fn phase(self) -> Phase {
        if self.is_success() { Phase::Completed } else { Phase::Failed }
    }
}

/// The phases of EMQX's `Rebalance` resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Phase {
    /// Something runs.
    Processing,
    /// It ended as asked.
    Completed,
    /// It ended otherwise.
    Failed,
}
