//! Ends what must go and finds the verdict.

use super::Driver;
use super::ask::Ask;
use super::event::Event;
use super::goal;
use super::machine::Machine;
use super::outcome::{Outcome, OutcomeKind};
use super::poll::{Poll, Question};
use super::state::{DriverState, EndReason, Stage};
use super::track::{TrackState, TrackedRun};
use crate::emqx::Availability;
use crate::node::NodeName;
use crate::units::Timestamp;

impl Driver {
    /// Tells every run that still lives to stop, unless they ended by themselves. Repeating it is
    /// harmless, except to somebody else who starts one there: what EMQX has stopped is left alone.
    pub(super) fn stop_what_must_go(&mut self) {
        let Stage::Ending { why, .. } = &self.state.stage else { return };
        if *why == EndReason::Gone {
            return;
        }
        let stops = &self.state.watch.stops;
        let must_go = |(i, tracked): &(usize, &TrackedRun)| {
            tracked.state.may_be_stopped() && !tracked.is_stopped && !stops.has(*i)
        };
        let live = self.state.runs.iter().enumerate().filter(must_go);
        let live: Vec<(usize, NodeName)> =
            live.map(|(i, tracked)| (i, tracked.run.coordinator.clone())).collect();
        for (i, coordinator) in live {
            self.state.watch.events.push(Event::Stopping { coordinator: coordinator.clone() });
            self.state.watch.ask(Ask::Stop { coordinator }, Question::Stop(i));
            if let Some(tracked) = self.state.runs.get_mut(i) {
                tracked.was_told = true;
            }
        }
    }

    /// Judges one poll after the runs are gone, or were told to go.
    pub(super) fn close_ending(&mut self, why: &EndReason, since: Timestamp, poll: &Poll) {
        let lives = self.state.runs.iter().any(TrackedRun::is_live);
        if lives && *why == EndReason::Gone {
            // It was hidden, not gone.
            self.state.stage = Stage::Following;
            return;
        }
        let is_gone = *why == EndReason::Gone;
        let waited_ms = self.state.watch.now.ms_since(since);
        let could_read = poll.status.is_some() && poll.nodes.is_some();
        let unknown = self.not_known(poll);
        // What a run has come to takes counts of all its nodes, and the word of those that speak for it.
        let can_judge = could_read && (!is_gone || unknown.is_empty());
        let donors = Donors::of(poll, &self.state.donors());
        let polls = u64::from(self.state.options.empty_polls);
        let asked_enough = waited_ms >= self.poll_interval_ms() * polls;
        let serving = donors.closed.is_empty() && (donors.unchecked.is_empty() || asked_enough);
        let settling_ms = u64::from(self.state.options.reconnect_grace_s) * 1000;
        // A start whose answer was lost may arrive after it was given up.
        let may_begin = matches!(why, EndReason::Refused { .. })
            && self.state.runs.iter().any(|tracked| tracked.was_doubted)
            && waited_ms < settling_ms;
        let settled = serving && !lives && can_judge && !may_begin;
        if could_read {
            self.judge_again_what_was_cut_short();
        }
        let missing = goal::missing(&self.state);
        let are_back = !self.state.watch.clients().are_missing(&self.state.options);
        let reached = !is_gone
            || missing.is_none() && are_back
            || self.none_was_needed()
            || self.was_cut_short();
        let has_settled = settled && waited_ms >= settling_ms;
        if is_gone && has_settled && are_back && self.begin_next_wave() {
            return;
        }
        let awaits_wave = is_gone && self.may_need_wave() && !has_settled;
        let patience_ms = self.patience_ms(why, can_judge);
        // Whose start was on its way is told to stop once that is there.
        let is_told = |tracked: &TrackedRun| tracked.was_told || !tracked.is_live();
        let are_told = is_gone || self.state.runs.iter().all(is_told);
        let is_late = waited_ms >= if are_told { patience_ms } else { patience_ms * SILENCE };
        if is_late || (settled && reached && !awaits_wave) {
            let silent_s = (!could_read).then_some(waited_ms / 1000);
            let verdict = Verdict { why, missing, are_back, donors, lives, silent_s, unknown };
            self.end(verdict.outcome(&self.state));
        }
    }

    /// The nodes of the plan whose counts are not known, and those that a run may be hidden with.
    fn not_known(&self, poll: &Poll) -> Vec<NodeName> {
        let mut nodes = goal::unknown_nodes(&self.state);
        let Some(status) = &poll.status else { return nodes };
        let begun = self.state.runs.iter().filter(|tracked| tracked.was_started());
        for node in begun.flat_map(|tracked| tracked.unheard(status)) {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
        nodes
    }

    /// The counts of the poll that missed a run may be older than its end: one that has reached its own
    /// goal by later counts was not cut short.
    fn judge_again_what_was_cut_short(&mut self) {
        for i in 0..self.state.runs.len() {
            let Some(tracked) = self.state.runs.get(i) else { continue };
            let is_short = goal::missing_of_run(&self.state, tracked).is_some();
            if let Some(tracked) = self.state.runs.get_mut(i) {
                tracked.is_cut_short &= is_short;
            }
        }
    }

    /// Milliseconds to wait for a settled cluster. What could not be read is asked again; only a cluster
    /// that stays silent ends without it. Who is late already has waited for that. Clients have their
    /// time to come back in any case, and a few polls see it: without that no other wave could begin.
    fn patience_ms(&self, why: &EndReason, can_judge: bool) -> u64 {
        let grace_ms = u64::from(self.state.options.reconnect_grace_s) * 1000;
        let least_ms = grace_ms + SETTLING_POLLS * self.poll_interval_ms();
        let settle_ms = (u64::from(self.state.options.settle_s) * 1000).max(least_ms);
        let is_late = matches!(why, EndReason::Late { .. });
        if can_judge || is_late { settle_ms } else { settle_ms * SILENCE }
    }

    fn none_was_needed(&self) -> bool {
        self.state.runs.iter().all(|tracked| tracked.state == TrackState::NotNeeded)
    }
}

impl EndReason {
    /// The verdict of an end that says everything by itself.
    pub(crate) fn verdict(&self) -> Option<(OutcomeKind, String)> {
        match self {
            Self::Asked => Some((OutcomeKind::Stopped, "stopped as asked".to_owned())),
            Self::Guarded { numbers, .. } => {
                Some((OutcomeKind::Aborted, format!("stopped to do no harm: {numbers}")))
            }
            Self::Late { limit_s } => {
                Some((OutcomeKind::TimedOut, format!("not done after the limit of {limit_s} s")))
            }
            Self::Gone | Self::Stalled { .. } | Self::Refused { .. } => None,
        }
    }

    /// Says in `outcome` who or what ended it.
    pub(crate) fn sign(&self, outcome: &mut Outcome) {
        match self {
            Self::Refused { cause, .. } => outcome.cause = Some(cause.clone()),
            Self::Guarded { guard, .. } => outcome.guard = Some(*guard),
            _ => {}
        }
    }
}

/// What is to be said of a start that is not shown: one without an answer may have come and gone.
pub(crate) fn as_far_as_seen(was_doubted: bool) -> &'static str {
    if was_doubted { ", as far as can be seen" } else { "" }
}

/// What the donors say about themselves.
struct Donors {
    /// Still refusing clients.
    closed: Vec<NodeName>,
    /// Not reached.
    unchecked: Vec<NodeName>,
}

impl Donors {
    fn of(poll: &Poll, donors: &[NodeName]) -> Self {
        let said = |node: &NodeName| poll.availability.get(node).copied().flatten();
        let saying = |answer: Option<Availability>| {
            donors.iter().filter(|node| said(node) == answer).cloned().collect()
        };
        Self { closed: saying(Some(Availability::Closed)), unchecked: saying(None) }
    }
}

struct Verdict<'a> {
    why: &'a EndReason,
    missing: Option<String>,
    /// Whether no more clients are missing than the user allows.
    are_back: bool,
    donors: Donors,
    lives: bool,
    /// Seconds for which the cluster could not be read, if that is why there is a verdict now.
    silent_s: Option<u64>,
    /// The nodes of the plan that are not known.
    unknown: Vec<NodeName>,
}

impl Verdict<'_> {
    fn outcome(self, state: &DriverState) -> Outcome {
        let (result, detail) = self.result(state);
        let mut outcome = outcome(state, result, detail);
        self.why.sign(&mut outcome);
        let Donors { closed, unchecked } = self.donors;
        if self.lives {
            outcome.detail.push_str("; EMQX did not confirm the stop: look at its status");
        } else if !closed.is_empty() {
            outcome.detail.push_str("; still closed to clients: ");
            outcome.detail.push_str(&listed(&closed));
        }
        outcome.unchecked = unchecked;
        outcome
    }

    fn result(&self, state: &DriverState) -> (OutcomeKind, String) {
        match self.why {
            EndReason::Stalled { idle_s } => (
                OutcomeKind::Stalled,
                format!("no count moved for {idle_s} s while a run was evicting"),
            ),
            EndReason::Refused { coordinator, cause } if self.is_good_enough(state) => {
                let detail = format!(
                    "the counts are within the goal; {coordinator} did not start in wave {}: {}",
                    state.waves.len() + 1,
                    cause.message
                );
                (OutcomeKind::Completed, detail)
            }
            EndReason::Refused { coordinator, cause } => {
                let others = state.runs.iter().any(TrackedRun::was_started);
                let rest = if others { "; the runs that had started were stopped" } else { "" };
                let seen =
                    as_far_as_seen(state.runs.iter().any(|tracked| {
                        tracked.was_doubted && tracked.run.coordinator == *coordinator
                    }));
                let detail = format!("{coordinator} did not start{seen}: {}{rest}", cause.message);
                (OutcomeKind::Refused, detail)
            }
            why => why.verdict().unwrap_or_else(|| self.natural(state)),
        }
    }

    /// Whether the waves before one that was refused have reached the goal.
    fn is_good_enough(&self, state: &DriverState) -> bool {
        let reached = self.missing.is_none() && self.are_back && self.unknown.is_empty();
        let is_settled = self.donors.closed.is_empty() && !self.lives && self.silent_s.is_none();
        !state.waves.is_empty() && reached && is_settled
    }

    fn natural(&self, state: &DriverState) -> (OutcomeKind, String) {
        let none_was_needed =
            state.runs.iter().all(|tracked| tracked.state == TrackState::NotNeeded);
        if let (true, false, Some(missing)) =
            (none_was_needed, state.waves.is_empty(), &self.missing)
        {
            let detail = format!("EMQX found nothing left to balance, but {missing}");
            return (OutcomeKind::Vanished, detail);
        }
        if none_was_needed && !state.waves.is_empty() {
            let detail = "the runs ended, and EMQX found nothing left to balance";
            return (OutcomeKind::Completed, detail.to_owned());
        }
        if none_was_needed {
            let detail = "EMQX found nothing to balance: the counts have changed since the plan";
            return (OutcomeKind::AlreadyBalanced, detail.to_owned());
        }
        if let Some(silent_s) = self.silent_s {
            let detail = format!(
                "the cluster could not be read for {silent_s} s after the runs were gone, so nobody \
                 knows what they reached: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !self.unknown.is_empty() {
            let detail = format!(
                "the runs are gone, and nobody knows what they reached: {} did not answer: look at \
                 its status",
                listed(&self.unknown)
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !self.are_back && self.donors.closed.is_empty() {
            let detail = "the runs are gone, but clients that were dropped do not come back";
            return (OutcomeKind::Vanished, detail.to_owned());
        }
        match (&self.missing, self.donors.closed.is_empty()) {
            (None, true) => {
                (OutcomeKind::Completed, "the runs ended and the counts are within the goal".into())
            }
            (None, false) => {
                (OutcomeKind::Vanished, "the runs are gone, but not all donors serve again".into())
            }
            (Some(missing), _) => {
                let short = state.runs.iter().find(|tracked| tracked.is_cut_short);
                let who = short.map_or_else(String::new, |tracked| {
                    let coordinator = &tracked.run.coordinator;
                    format!(" ({coordinator} was stopped by somebody, or crashed)")
                });
                (OutcomeKind::Vanished, format!("gone before reaching its goal{who}: {missing}"))
            }
        }
    }
}

/// An outcome with the balance as measured, and what is known of the clients.
pub(super) fn outcome(state: &DriverState, result: OutcomeKind, detail: String) -> Outcome {
    Outcome { balance: goal::measured(state), ..Outcome::of(&state.watch, result, detail) }
}

fn listed(nodes: &[NodeName]) -> String {
    nodes.iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ")
}

/// A cluster that cannot be read is given so many times longer to settle.
pub(crate) const SILENCE: u64 = 10;
/// Polls that see whether a cluster has settled.
const SETTLING_POLLS: u64 = 2;
