//! What was decided, as far back as is kept.

use super::decision::Decision;
use super::reason::Reason;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The last decisions, the newest last. What is decided again for the same reason is one decision.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Journal {
    decisions: VecDeque<Decision>,
    would: VecDeque<Decision>,
}

impl Journal {
    /// Most decisions that are kept.
    pub const MOST: usize = 200;

    /// Every decision that is kept, the oldest first.
    pub fn decisions(&self) -> impl DoubleEndedIterator<Item = &Decision> {
        self.decisions.iter()
    }

    /// What the policy would have started while it observed, the oldest first. Kept apart, as much of it, so that a week
    /// of it is there however often it had to wait.
    pub fn would(&self) -> impl DoubleEndedIterator<Item = &Decision> {
        self.would.iter()
    }

    /// The last decision.
    pub fn last(&self) -> Option<&Decision> {
        self.decisions.back()
    }

    /// Adds `decision`; gives it as it stands now, and whether it is another than the last one.
    pub(super) fn add(&mut self, decision: Decision) -> (Decision, bool) {
        if let Some(last) = self.decisions.back_mut().filter(|last| last.is_repeated_by(&decision))
        {
            last.repeat(decision);
            return (last.clone(), false);
        }
        if decision.reason == Reason::WouldStart {
            keep(&mut self.would, decision.clone());
        }
        keep(&mut self.decisions, decision.clone());
        (decision, true)
    }
}

fn keep(decisions: &mut VecDeque<Decision>, decision: Decision) {
    if decisions.len() >= Journal::MOST {
        decisions.pop_front();
    }
    decisions.push_back(decision);
}
