//! What became of a start, poll by poll.

use crate::driver::outcome::Cause;
use crate::forecast::RunPhase;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What became of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(in crate::driver) enum TrackState {
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
    pub(in crate::driver) fn is_live(&self) -> bool {
        matches!(self, Self::Asked | Self::Doubtful { .. } | Self::Running { .. })
    }

    /// Whether a start was sent and nobody knows what became of it.
    pub(in crate::driver) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Doubtful { .. })
    }

    /// What EMQX was seen to do last, if it is running.
    pub(in crate::driver) fn phase(&self) -> Option<RunPhase> {
        match self {
            Self::Running { phase, .. } => *phase,
            _ => None,
        }
    }

    /// Whether it is not expected to run, or not yet again: a start of it may arrive all the same.
    pub(in crate::driver) fn is_given_up(&self) -> bool {
        matches!(self, Self::Pending | Self::NotNeeded | Self::Refused)
    }

    /// Whether it was running, and the last poll did not show it.
    pub(in crate::driver) fn is_unseen(&self) -> bool {
        matches!(self, Self::Gone | Self::Running { empty: 1.., .. })
    }

    /// Whether a stop must be sent to end it.
    pub(in crate::driver) fn may_be_stopped(&self) -> bool {
        matches!(self, Self::Doubtful { .. } | Self::Running { .. })
    }

    /// The start was lost on the way, or its answer was.
    pub(in crate::driver) fn doubt(may_repeat: bool, cause: Cause) -> Self {
        Self::Doubtful { empty: 0, since: Timestamp::default(), may_repeat, cause }
    }

    /// EMQX has taken the start.
    pub(in crate::driver) fn running(phase: Option<RunPhase>) -> Self {
        Self::Running { phase, empty: 0, since: Timestamp::default() }
    }

    /// Counts polls anew, after a time in which nobody looked.
    pub(in crate::driver) fn forget_misses(&mut self) {
        if let Self::Running { empty, .. } | Self::Doubtful { empty, .. } = self {
            *empty = 0;
        }
    }

    /// A start that was on its way when the process died may have arrived. Whether there was one.
    pub(in crate::driver) fn doubt_after_restart(&mut self) -> bool {
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
    pub(in crate::driver) fn miss(&mut self, absence: Absence) -> Option<Missed> {
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
    pub(in crate::driver) fn see(&mut self, shown: Option<RunPhase>) -> Option<bool> {
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
pub(in crate::driver) struct Absence {
    pub(in crate::driver) asked_at: Timestamp,
    pub(in crate::driver) answered_at: Timestamp,
    /// Polls in a row.
    pub(in crate::driver) polls: u32,
    /// Milliseconds that they must span.
    pub(in crate::driver) span_ms: u64,
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
pub(in crate::driver) enum Missed {
    /// It has ended.
    Gone,
    /// Its start did not arrive, or failed.
    NeverBegan { may_repeat: bool, cause: Cause },
}
