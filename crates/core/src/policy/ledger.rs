//! What was spent of a day's allowance.

use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What was started, as long as it counts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Ledger {
    starts: VecDeque<Spent>,
    /// When somebody last said no: a cool-down begins then, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rejected_at: Option<Timestamp>,
}

/// One start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Spent {
    /// When.
    pub at: Timestamp,
    /// When it ended; not yet, if absent. What was only observed ends at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Clients that it dropped: the most that it may drop, until that is known.
    pub disconnects: u64,
    /// Whether it was only observed that it would have been started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub would: bool,
}

impl Ledger {
    /// Every start that is kept, the oldest first. Who does not observe counts real ones alone.
    pub fn starts(&self, observes: bool) -> impl DoubleEndedIterator<Item = &Spent> {
        self.starts.iter().filter(move |spent| observes || !spent.would)
    }

    /// Starts that count at `now`, and the clients that they dropped.
    pub fn of_day(&self, now: Timestamp, observes: bool) -> (u64, u64) {
        let counts = |spent: &&Spent| now.ms_since(spent.ended_at.unwrap_or(now)) < DAY_MS;
        let counted = self.starts(observes).filter(counts);
        counted.fold((0, 0), |(starts, disconnects), spent| {
            (starts + 1, disconnects.saturating_add(spent.disconnects))
        })
    }

    /// When the last cool-down began: at the end of a run, or when somebody said no.
    pub fn rests_since(&self, observes: bool) -> Option<Timestamp> {
        self.starts(observes).filter_map(|spent| spent.ended_at).chain(self.rejected_at).max()
    }

    pub(super) fn rest(&mut self, now: Timestamp) {
        self.rejected_at = Some(now);
    }

    pub(super) fn add(&mut self, spent: Spent) {
        self.starts.push_back(spent);
    }

    /// Notes the end of what is on.
    pub(super) fn end(&mut self, now: Timestamp, disconnects: u64) {
        let open = |spent: &&mut Spent| spent.ended_at.is_none();
        if let Some(spent) = self.starts.iter_mut().rev().find(open) {
            spent.ended_at = Some(now);
            spent.disconnects = disconnects;
        }
    }

    /// Forgets what was never sent.
    pub(super) fn undo(&mut self) {
        self.starts.retain(|spent| spent.ended_at.is_some());
    }

    /// Forgets what counts for nothing any more. Nothing of it is of a time to come: the clock was wrong.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.rejected_at = self.rejected_at.map(|at| at.min(now));
        for spent in &mut self.starts {
            spent.at = spent.at.min(now);
            spent.ended_at = spent.ended_at.map(|at| at.min(now));
        }
        self.starts.retain(|spent| now.ms_since(spent.ended_at.unwrap_or(now)) <= KEPT_MS);
        while self.starts.len() > MOST {
            self.starts.pop_front();
        }
    }
}

pub(super) const DAY_MS: u64 = 86_400_000;
/// The longest cool-down.
const KEPT_MS: u64 = 31 * DAY_MS;
/// Twice the most that a day may see, of real ones and of others.
const MOST: usize = 4000;
