//! The driver's own time, which goes on whatever happens to the host's clock.
//!
//! Time that is stored is not time that passes: a state may come from a host whose clock was ahead, and a
//! clock may be set back while a run is on. What has been seen stays seen, and what is waited for is
//! waited for once.

use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// How the driver's time and the host's clock belong together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Clock {
    /// Milliseconds by which the driver's time is ahead of a host's clock that was set back.
    #[serde(default, skip_serializing_if = "is_zero")]
    ahead_ms: u64,
    /// When the host was last told to come back at the latest, in the driver's time.
    #[serde(skip)]
    promised: Option<Timestamp>,
}

impl PartialEq for Clock {
    /// What was promised dies with the process, and is no part of what is stored.
    fn eq(&self, other: &Self) -> bool {
        self.ahead_ms == other.ahead_ms
    }
}

impl Clock {
    /// The driver's time when the host's clock says `host` and the driver's said `last`.
    ///
    /// A host that is a little late with its news counts as being at `last`; a clock that was set
    /// back goes on from there. `is_new` is a process that goes on from a stored state.
    pub(crate) fn read(&mut self, host: Timestamp, last: Timestamp, is_new: bool) -> Timestamp {
        if is_new {
            self.ahead_ms = last.ms_since(host);
        }
        let now = host.plus_ms(self.ahead_ms);
        if last.ms_since(now) > OUT_OF_ORDER_MS {
            self.ahead_ms = last.ms_since(host);
        }
        now.max(last)
    }

    /// The host's time for `at`.
    pub(crate) fn to_host(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_ms(at.as_ms().saturating_sub(self.ahead_ms))
    }

    /// Remembers that the host was told to come back at `at`, and says it in the host's time.
    pub(crate) fn promise(&mut self, at: Timestamp) -> Timestamp {
        self.promised = Some(at);
        self.to_host(at)
    }

    /// Whether nobody came for so long after the promised time that nobody can have driven: the process
    /// was stopped, or the clock was set forward. One that waits for answers may do nothing else
    /// meanwhile, and is given as long as all of them may take.
    pub(crate) fn was_paused(&self, now: Timestamp, is_waiting: bool) -> bool {
        let patience_ms = if is_waiting { WAITING_MS } else { LATE_MS };
        self.promised.is_some_and(|promised| now.ms_since(promised) > patience_ms)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

/// A `now` may be so much older than the last one because its host took turns.
const OUT_OF_ORDER_MS: u64 = 2_000;
/// Longer than any host takes to come by when nothing keeps it.
const LATE_MS: u64 = 10_000;
/// Longer than a host takes that sends a status and the nodes one after the other, each to its time
/// limit of 50 s.
const WAITING_MS: u64 = 150_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_clock_behind_the_state_goes_on_from_the_state() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(at(1_000), at(90_000), true), at(90_000));
        assert_eq!(clock.read(at(2_500), at(90_000), false), at(91_500));
        assert_eq!(clock.promise(at(92_000)), at(3_000));
        // Once the clock is right again a new process needs no help.
        assert_eq!(clock.read(at(95_000), at(91_500), true), at(95_000));
        assert_eq!(clock.promise(at(96_000)), at(96_000));
    }

    #[test]
    fn a_clock_that_is_set_back_midway_goes_on() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(at(100_000), at(99_000), false), at(100_000));
        assert_eq!(clock.read(at(40_000), at(100_000), false), at(100_000));
        assert_eq!(clock.read(at(41_000), at(100_000), false), at(101_000));
        // News that come out of order are no clock that was set back.
        assert_eq!(clock.read(at(40_900), at(101_000), false), at(101_000));
        assert_eq!(clock.read(at(41_100), at(101_000), false), at(101_100));
    }

    #[test]
    fn who_comes_much_too_late_did_not_drive() {
        let mut clock = Clock::default();
        clock.promise(at(5_000));
        assert!(!clock.was_paused(at(12_000), false));
        assert!(clock.was_paused(at(16_000), false) && !clock.was_paused(at(16_000), true));
    }
}
