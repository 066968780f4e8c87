//! Since when the load is uneven.

use super::options::Policy;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// Since when the load is uneven, as far as it was seen.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Trend {
    /// Since when, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// When it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen_at: Option<Timestamp>,
}

impl Trend {
    /// Takes in that the fullest node is `over` over the mean.
    pub(super) fn see(&mut self, policy: &Policy, now: Timestamp, over: f64) {
        let gap_ms = self.seen_at.map_or(0, |seen_at| now.ms_since(seen_at));
        if gap_ms > BLIND_MS {
            self.since = None;
        }
        self.seen_at = Some(now);
        if over < policy.balanced_over {
            self.since = None;
        } else if over >= policy.imbalance_over {
            self.since.get_or_insert(now);
        }
    }

    /// Milliseconds for which it has been uneven; `None` if it is not.
    pub(super) fn uneven_ms(&self, now: Timestamp) -> Option<u64> {
        self.since.map(|since| now.ms_since(since))
    }

    /// Has it begin anew: a run has changed the load.
    pub(super) fn forget(&mut self) {
        self.since = None;
    }

    /// Nothing is of a time to come: the clock was wrong.
    pub(super) fn turn_back(&mut self, now: Timestamp) {
        self.since = self.since.map(|at| at.min(now));
        self.seen_at = self.seen_at.map(|at| at.min(now));
    }
}

/// How long the cluster may go unseen before nobody knows whether it was uneven all the time.
const BLIND_MS: u64 = 300_000;
