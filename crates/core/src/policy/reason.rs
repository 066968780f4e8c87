//! Why a policy does something, or does not.

use serde::{Deserialize, Serialize};

/// Makes the enum, its words and the list of all of them of one table.
macro_rules! reasons {
    ($($(#[doc = $meaning:literal])+ $Reason:ident = $word:literal,)+) => {
        /// Why a policy does something, or does not, as a stable word.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[doc = $meaning])+ $Reason,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$Reason),+];

            /// The stable word: `balanced`, `cool_down`, …
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Reason => $word,)+
                }
            }
        }
    };
}

reasons! {
    /// The load is as even as the policy wants it.
    Balanced = "balanced",
    /// The load is uneven, and not for long enough yet.
    Waiting = "waiting",
    /// A node came or went a short while ago, or somebody else's run ended.
    Settling = "settling",
    /// The cluster could not be read.
    Unread = "unread",
    /// A node is down.
    NodeDown = "node_down",
    /// A node does not answer.
    NodeUnknown = "node_unknown",
    /// A node is being evacuated.
    Evacuating = "evacuating",
    /// A rebalance is on that this policy did not start.
    ForeignRun = "foreign_run",
    /// The run that this policy started is on.
    Running = "running",
    /// The policy's query returned something.
    QueryReturned = "query_returned",
    /// The policy's query could not be asked.
    QueryUnknown = "query_unknown",
    /// A run ended a short while ago.
    CoolDown = "cool_down",
    /// As many rebalances were started as a day may see.
    RebalancesSpent = "rebalances_spent",
    /// As many clients were dropped as a day may see, or the plan would drop more than are left.
    DisconnectsSpent = "disconnects_spent",
    /// No window is open.
    OutsideWindow = "outside_window",
    /// The plan takes longer than the window stays open.
    WindowTooShort = "window_too_short",
    /// No plan could be made.
    NoPlan = "no_plan",
    /// The plan moves nobody: EMQX's thresholds call this balanced.
    NothingToMove = "nothing_to_move",
    /// The plan has findings that forbid a start.
    Forbidden = "forbidden",
    /// The plan gains too little.
    GainTooSmall = "gain_too_small",
    /// The plan costs too much for what it gains.
    GainTooDear = "gain_too_dear",
    /// The policy observes; otherwise it would have started.
    WouldStart = "would_start",
    /// A plan was made and waits for somebody to approve it.
    Proposed = "proposed",
    /// A plan waits for somebody to approve it.
    AwaitingApproval = "awaiting_approval",
    /// The plan was approved.
    Approved = "approved",
    /// The plan was rejected.
    Rejected = "rejected",
    /// A plan that waited is of no use any more: the cluster has changed, or nobody approved it in time.
    Withdrawn = "withdrawn",
    /// A run was started.
    Started = "started",
    /// The run was told to stop, since its window is over or the day's clients are spent.
    Stopping = "stopping",
    /// The run that this policy started has ended.
    Ended = "ended",
}

impl Reason {
    /// Whether it is of an act rather than of the wait for one.
    pub const fn is_act(self) -> bool {
        use Reason::{
            Approved, Ended, Proposed, Rejected, Started, Stopping, Withdrawn, WouldStart,
        };
        matches!(
            self,
            WouldStart | Proposed | Approved | Rejected | Withdrawn | Started | Stopping | Ended
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_json() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
