//! One run of a plan, or an evacuation, as polls show it.

use super::outcome::Cause;
use crate::emqx::{GlobalStatus, RunStatus};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::plan::Run;
use crate::units::{EvictRate, Timestamp};
use serde::{Deserialize, Serialize};

/// One run of the plan and what became of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct TrackedRun {
    pub(super) run: Run,
    pub(super) state: TrackState,
    /// Whether it ended before its own goal: it was stopped by somebody, or its coordinator crashed.
    #[serde(default)]
    pub(super) is_cut_short: bool,
    /// Whether EMQX has said that it is not there, and has not shown it since.
    #[serde(default)]
    pub(super) is_stopped: bool,
    /// Whether EMQX has said that it stopped it: whatever it shows from then on is somebody else's.
    #[serde(default)]
    pub(super) is_over: bool,
    /// Whether it was told to stop.
    #[serde(default)]
    pub(super) was_told: bool,
    /// Whether the answer to a start of it was ever lost: that start may arrive late.
    #[serde(default)]
    pub(super) was_doubted: bool,
    /// Donors that EMQX has shown and the plan has for recipients: counts moved in between, or EMQX counts
    /// otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unplanned: Vec<NodeName>,
    /// The node of it that was down at its end or thereafter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<NodeName>,
}

impl TrackedRun {
    pub(super) fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            state: TrackState::Pending,
            is_cut_short: false,
            is_stopped: false,
            is_over: false,
            was_told: false,
            was_doubted: false,
            unplanned: Vec::new(),
            lost: None,
        }
    }

    /// The nodes that lose clients by it: as planned, and as EMQX has shown.
    pub(super) fn donors(&self) -> impl Iterator<Item = &NodeName> {
        self.run.donors.iter().chain(&self.unplanned)
    }

    /// Takes note of the donors that EMQX shows.
    pub(super) fn learn_donors(&mut self, shown: &[NodeName]) {
        for donor in shown {
            if self.donors().all(|known| known != donor) {
                self.unplanned.push(donor.clone());
            }
        }
    }

    /// Whether EMQX may run it now.
    pub(super) fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// Whether EMQX ran it at any time.
    pub(super) fn was_started(&self) -> bool {
        self.is_live() || self.state == TrackState::Gone
    }

    /// Whether `entry` of `status` shows it: a rebalance by the same coordinator over the same nodes
    /// at the same rates. EMQX may tell donors from recipients in another way than the plan if counts
    /// moved in between; while a node is not heard, some of them may be left out.
    pub(super) fn is_shown(&self, entry: &RunStatus, status: &GlobalStatus) -> bool {
        let shown = entry.donors.iter().chain(&entry.recipients);
        let strategy = &self.run.strategy;
        let is_rate = |shown: Option<u64>, own: EvictRate| {
            shown.is_none_or(|shown| shown == u64::from(own.get()))
        };
        let count = shown.clone().count();
        let is_whole = count == self.run.nodes.len()
            || count < self.run.nodes.len() && !status.unheard.is_empty();
        !self.is_over
            && is_whole
            && entry.coordinator == self.run.coordinator
            && is_rate(entry.conn_evict_rate, strategy.conn_evict_rate)
            && is_rate(entry.sess_evict_rate, strategy.sess_evict_rate)
            && shown.into_iter().all(|node| self.run.nodes.contains(node))
    }

    /// Whether it would be shown if it were there: every node that speaks for it was heard.
    pub(super) fn is_heard(&self, status: &GlobalStatus) -> bool {
        status.unreadable.is_empty() && self.unheard(status).next().is_none()
    }

    /// The nodes that would speak for it, and were not heard.
    pub(super) fn unheard<'a>(
        &'a self,
        status: &'a GlobalStatus,
    ) -> impl Iterator<Item = &'a NodeName> {
        let speakers = self.donors().chain(std::iter::once(&self.run.coordinator));
        speakers.filter(|node| status.unheard.contains(node))
    }
}

/// What became of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum TrackState {
    /// Not asked for yet.
    Pending,
    /// The start is on its way.
    Asked,
    /// The answer to the start was lost. `empty` polls in a row have not shown the run, the first
    /// of them answered at `since`.
    Doubtful {
        empty: u32,
        #[serde(default)]
        since: Timestamp,
        may_repeat: bool,
        cause: Cause,
    },
    /// EMQX took the start. `empty` polls in a row have not shown the run, the first of them
    /// answered at `since`.
    Running {
        phase: Option<RunPhase>,
        empty: u32,
        #[serde(default)]
        since: Timestamp,
    },
    /// It was running and is not any more.
    Gone,
    /// EMQX found nothing to balance.
    NotNeeded,
    /// EMQX did not take the start.
    Refused,
}

impl TrackState {
    /// Whether EMQX may run it now.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Asked | Self::Doubtful { .. } | Self::Running { .. })
    }

    /// Whether it is not expected to run, or not yet again: a start of it may arrive all the same.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(self, Self::Pending | Self::NotNeeded | Self::Refused)
    }

    /// Whether it was running, and the last poll did not show it.
    pub(crate) fn is_unseen(&self) -> bool {
        matches!(self, Self::Gone | Self::Running { empty: 1.., .. })
    }

    /// Whether a stop must be sent to end it.
    pub(crate) fn may_be_stopped(&self) -> bool {
        matches!(self, Self::Doubtful { .. } | Self::Running { .. })
    }

    /// The start was lost on the way, or its answer was.
    pub(crate) fn doubt(may_repeat: bool, cause: Cause) -> Self {
        Self::Doubtful { empty: 0, since: Timestamp::default(), may_repeat, cause }
    }

    /// EMQX has taken the start.
    pub(crate) fn running(phase: Option<RunPhase>) -> Self {
        Self::Running { phase, empty: 0, since: Timestamp::default() }
    }

    /// Counts polls anew, after a time in which nobody looked.
    pub(crate) fn forget_misses(&mut self) {
        if let Self::Running { empty, .. } | Self::Doubtful { empty, .. } = self {
            *empty = 0;
        }
    }

    /// A start that was on its way when the process died may have arrived. Whether there was one.
    pub(crate) fn doubt_after_restart(&mut self) -> bool {
        let was_asked = *self == Self::Asked;
        if was_asked {
            let cause = Cause {
                kind: "timeout".to_owned(),
                message: "the process ended before the answer came".to_owned(),
            };
            *self = Self::doubt(true, cause);
        }
        was_asked
    }

    /// Counts a poll that does not show it; says what that means once `absence` lasts long enough.
    pub(crate) fn miss(&mut self, absence: Absence) -> Option<Missed> {
        match self {
            Self::Running { empty, since, .. } => {
                let is_gone = absence.is_certain(empty, since);
                if is_gone {
                    *self = Self::Gone;
                }
                is_gone.then_some(Missed::Gone)
            }
            Self::Doubtful { empty, since, may_repeat, cause } => {
                let never = Missed::NeverBegan { may_repeat: *may_repeat, cause: cause.clone() };
                absence.is_certain(empty, since).then_some(never)
            }
            _ => None,
        }
    }

    /// Takes note of a poll that shows it in `shown`; whether that is another phase than before.
    /// `None` if it is nothing of ours.
    pub(crate) fn see(&mut self, shown: Option<RunPhase>) -> Option<bool> {
        let before = match self {
            Self::Running { phase, .. } => *phase,
            Self::Gone => None,
            _ => return None,
        };
        *self = Self::running(shown.or(before));
        Some(shown.is_some() && shown != before)
    }
}

/// A poll that does not show a run, and what it takes to believe it.
///
/// A node that is slow to answer another is left out of EMQX's answer, and one that boots shows
/// nothing; so the first such answer and the last such question must lie some time apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    pub(crate) asked_at: Timestamp,
    pub(crate) answered_at: Timestamp,
    /// Polls in a row.
    pub(crate) polls: u32,
    /// Milliseconds that they must span.
    pub(crate) span_ms: u64,
}

impl Absence {
    fn is_certain(self, empty: &mut u32, since: &mut Timestamp) -> bool {
        if *empty == 0 {
            *since = self.answered_at;
        }
        *empty = empty.saturating_add(1);
        *empty >= self.polls && self.asked_at.ms_since(*since) >= self.span_ms
    }
}

/// What polls in a row without a run mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Missed {
    /// It has ended.
    Gone,
    /// Its start did not arrive, or failed.
    NeverBegan { may_repeat: bool, cause: Cause },
}
