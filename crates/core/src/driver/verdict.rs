//! What the end of a plan or of an evacuation comes to.

use super::outcome::{Outcome, OutcomeKind};
use super::poll::Poll;
use super::stage::EndReason;
use super::state::DriverState;
use super::track::Track;
use crate::emqx::Availability;
use crate::node::NodeName;

/// What a verdict rests on.
pub(super) struct Verdict<'a> {
    pub(super) why: &'a EndReason,
    /// What a rebalance has not reached of its goal, in words.
    pub(super) missing: Option<String>,
    /// Whether no more clients are missing than the user allows.
    pub(super) are_back: bool,
    pub(super) donors: Donors,
    /// Whether EMQX may do any of it still.
    pub(super) lives: bool,
    /// Seconds for which the cluster could not be read, if the last poll did not come through.
    pub(super) silent_s: Option<u64>,
    /// The nodes that matter and are not known.
    pub(super) unknown: Vec<NodeName>,
}

/// What the donors say about themselves.
pub(super) struct Donors {
    /// Still refusing clients.
    pub(super) closed: Vec<NodeName>,
    /// Serving again.
    pub(super) serving: Vec<NodeName>,
    /// Not reached.
    pub(super) unchecked: Vec<NodeName>,
}

impl Donors {
    pub(super) fn of(poll: &Poll, donors: &[NodeName]) -> Self {
        let said = |node: &NodeName| poll.availability.get(node).copied().flatten();
        let saying = |answer: Option<Availability>| {
            donors.iter().filter(|node| said(node) == answer).cloned().collect()
        };
        Self {
            closed: saying(Some(Availability::Closed)),
            serving: saying(Some(Availability::Serving)),
            unchecked: saying(None),
        }
    }
}

impl Verdict<'_> {
    /// Says it, with what is measured and what is left to do for people.
    pub(super) fn outcome(self, state: &DriverState) -> Outcome {
        let (result, detail) = self.result(state);
        let mut outcome = state.outcome_of(result, detail);
        if !self.is_over(state) {
            self.why.sign(&mut outcome);
        }
        outcome.detail.push_str(&state.left_to_do(&self));
        outcome.unchecked = self.donors.unchecked;
        outcome
    }

    /// Whether this was a pause, and the clients that it was made for are back: they were slow, not lost.
    fn is_over(&self, state: &DriverState) -> bool {
        state.is_pause(self.why) && self.are_back
    }

    fn result(&self, state: &DriverState) -> (OutcomeKind, String) {
        match self.why {
            _ if self.is_over(state) => self.after_pause(),
            EndReason::Stalled { idle_s } => (OutcomeKind::Stalled, state.stalled(*idle_s)),
            EndReason::Refused { coordinator, cause } => match state.good_enough(self) {
                Some(when) => {
                    let detail = format!(
                        "the counts are within the goal; {coordinator} did not start {when}: {}",
                        cause.message
                    );
                    (OutcomeKind::Completed, detail)
                }
                None => (OutcomeKind::Refused, refused(state, coordinator, &cause.message)),
            },
            why => why.verdict().unwrap_or_else(|| state.natural(self)),
        }
    }
}

impl Verdict<'_> {
    /// What has become of a pause after which no wave follows.
    fn after_pause(&self) -> (OutcomeKind, String) {
        let so_far = "the runs were stopped while more clients were on their way than max_missing_percent \
                      allows, and they have come back since";
        match &self.missing {
            None => (OutcomeKind::Completed, format!("{so_far}; the counts are within the goal")),
            Some(missing) => (OutcomeKind::Vanished, format!("{so_far}; {missing}")),
        }
    }
}

fn refused(state: &DriverState, coordinator: &NodeName, message: &str) -> String {
    let rest = if state.runs.iter().any(Track::was_started) {
        "; the runs that had started were stopped"
    } else {
        ""
    };
    let is_it = |track: &Track| track.was_doubted && track.coordinator() == coordinator;
    // One without an answer may have come and gone.
    let seen = if state.runs.iter().any(is_it) { ", as far as can be seen" } else { "" };
    format!("{coordinator} did not start{seen}: {message}{rest}")
}

/// `nodes`, one after the other.
pub(super) fn listed(nodes: &[NodeName]) -> String {
    nodes.iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ")
}
