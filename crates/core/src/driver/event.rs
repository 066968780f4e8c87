//! What a driver does and sees, for logs, progress bars and tests.

use super::outcome::{Cause, Outcome};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::reconnect::Reconnects;
use serde::{Deserialize, Serialize};

/// One thing that a driver did or saw.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A run is asked to start.
    Starting {
        /// Its coordinator.
        coordinator: NodeName,
    },
    /// EMQX took the start, or shows the run.
    Started {
        /// Its coordinator.
        coordinator: NodeName,
    },
    /// The answer to a start was lost; EMQX is asked whether it began.
    StartDoubtful {
        /// Its coordinator.
        coordinator: NodeName,
        /// Why there is no answer.
        cause: Cause,
    },
    /// A run entered a phase.
    Phase {
        /// Its coordinator.
        coordinator: NodeName,
        /// The phase.
        phase: RunPhase,
    },
    /// A question got no answer; it will be asked again.
    AnswerLost {
        /// Why.
        cause: Cause,
    },
    /// Enough polls in a row did not show a run any more.
    Gone {
        /// Its coordinator.
        coordinator: NodeName,
    },
    /// A rebalance that is not of this plan is running.
    ForeignRun {
        /// Its coordinator.
        coordinator: NodeName,
    },
    /// The cluster has parted from the forecast by more than a fifth of what the plan moves; planning
    /// anew from the present counts may serve better.
    Drifted {
        /// Connections that have left the donors.
        moved: u64,
        /// Connections that should have left them by now.
        expected: u64,
    },
    /// The wave, or the pilot, is over and leaves more than the goal: another one is planned from fresh counts.
    NextWave {
        /// The fullest node over the mean, as measured.
        over: f64,
        /// The same after the next wave, as forecast.
        expected: f64,
        /// How the dropped clients come back, as far as it was seen: the next wave is planned for it, unless
        /// the plan was told and nothing speaks against it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        reconnects: Option<Reconnects>,
    },
    /// A node that was kept closed until others caught up with it is told to take clients again.
    Opening {
        /// The node.
        node: NodeName,
    },
    /// A run is told to stop.
    Stopping {
        /// Its coordinator.
        coordinator: NodeName,
    },
    /// The end.
    Ended {
        /// The verdict.
        outcome: Outcome,
    },
}
