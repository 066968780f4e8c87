//! Reads the cluster before touching it, then sends the starts one after the other.
//!
//! A start may reach EMQX although its answer does not come back, so after a lost answer EMQX is
//! asked what runs before anything else is sent. A start that fails costs EMQX a crash of its
//! coordinator process; after 10 in an hour it gives up until the node restarts.

use super::ask::Answer;
use super::drive::Driver;
use super::event::Event;
use super::outcome::{Cause, OutcomeKind};
use super::poll::{Poll, Question};
use super::stage::{EndReason, Stage};
use super::track::TrackState;
use super::watch::mismatch;
use crate::emqx::{GlobalStatus, Refusal, RefusalReason, StartAnswer};
use crate::error::{Error, ErrorKind, Result};

impl Driver {
    /// Judges the first read of the cluster.
    pub(super) fn close_preflight(&mut self, poll: Poll) {
        let (Some(status), Some(nodes)) = (poll.status, poll.nodes) else {
            return self.preflight_lost(poll.lost);
        };
        self.state.watch.see_baseline(nodes.nodes);
        self.state.see_before(&status);
        if let Some(why) = self.state.job.needless() {
            return self.end(self.state.outcome_of(OutcomeKind::AlreadyBalanced, why));
        }
        match self.conflict(&status) {
            Some(error) => self.end_refused(Cause::from(&error), error.to_string()),
            None => {
                // What it took to read the cluster counts against no limit.
                self.state.watch.paused_ms = 0;
                self.state.stage = Stage::Starting;
            }
        }
    }

    /// Anything that runs before our first start is not ours.
    fn conflict(&mut self, status: &GlobalStatus) -> Option<Error> {
        if let Some(run) = status.rebalances.first() {
            let coordinator = run.coordinator.clone();
            self.state.watch.events.push(Event::ForeignRun { coordinator: coordinator.clone() });
            let message = "a rebalance is running already: wait for its end, or stop it";
            return Some(Error::new(ErrorKind::Conflict, message).with("coordinator", coordinator));
        }
        status.evacuated().find_map(|node| {
            let message = self.state.objection_to_evacuation(node)?;
            Some(Error::new(ErrorKind::Conflict, message).with("node", node))
        })
    }

    /// Sends the next start, unless one is on its way or in doubt.
    pub(super) fn send_next_start(&mut self) {
        let is_open =
            |state: &TrackState| matches!(state, TrackState::Asked | TrackState::Doubtful { .. });
        if self.state.runs.iter().any(|track| is_open(&track.state)) {
            return;
        }
        let pending = self.state.runs.iter().position(|t| t.state == TrackState::Pending);
        match pending {
            Some(i) => self.send_start(i),
            None => {
                self.state.stage = Stage::Following;
                self.state.watch.next_poll = self.state.watch.now;
            }
        }
    }

    fn send_start(&mut self, i: usize) {
        let Some(track) = self.state.runs.get_mut(i) else { return };
        track.state = TrackState::Asked;
        let coordinator = track.coordinator().clone();
        self.state.watch.ask_start(coordinator, track.task.start(), Question::Start(i));
    }

    /// The answer to start number `i`.
    pub(super) fn take_start(&mut self, i: usize, answer: Result<Answer>) {
        match answer {
            Ok(Answer::Start(StartAnswer::Started)) => self.started(i),
            Ok(Answer::Start(StartAnswer::Refused(refusal))) => self.start_refused(i, refusal),
            Ok(_) => self.start_failed(i, &mismatch()),
            Err(error) => self.start_failed(i, &error),
        }
    }

    /// EMQX took the start, or shows it.
    pub(super) fn started(&mut self, i: usize) {
        let Some(track) = self.state.runs.get_mut(i) else { return };
        if matches!(track.state, TrackState::Asked | TrackState::Doubtful { .. }) {
            track.state = TrackState::running(None);
            let coordinator = track.coordinator().clone();
            self.state.watch.events.push(Event::Started { coordinator });
        }
    }

    /// EMQX said no.
    fn start_refused(&mut self, i: usize, refusal: Refusal) {
        let may_have_happened = refusal.may_have_happened() || self.may_be_ours(&refusal.reason);
        let is_needless = refusal.reason == RefusalReason::NothingToBalance;
        let cause = Cause::from(&Error::from(refusal));
        let Some(track) = self.state.runs.get_mut(i) else { return };
        if is_needless && track.was_doubted {
            // An earlier start arrived, and has done it.
            self.take_for_done(i);
        } else if is_needless && track.run().is_some() {
            track.state = TrackState::NotNeeded;
        } else if may_have_happened {
            self.doubt(i, cause, false);
        } else {
            self.give_up(i, cause);
        }
    }

    /// Whether what keeps EMQX from starting may be a run of ours: a start whose answer was lost can
    /// arrive later than the one that repeats it.
    fn may_be_ours(&self, reason: &RefusalReason) -> bool {
        let is_busy = matches!(
            reason,
            RefusalReason::AlreadyStarted
                | RefusalReason::EvictionAgentBusy { .. }
                | RefusalReason::NodesUnavailable { .. }
        );
        is_busy && self.state.runs.iter().any(|track| track.was_doubted)
    }

    /// There is no answer, or none that makes sense.
    fn start_failed(&mut self, i: usize, error: &Error) {
        let cause = Cause::from(error);
        if error.is_retryable() { self.doubt(i, cause, true) } else { self.give_up(i, cause) }
    }

    fn doubt(&mut self, i: usize, cause: Cause, may_repeat: bool) {
        let Some(track) = self.state.runs.get_mut(i) else { return };
        let coordinator = track.coordinator().clone();
        track.state = TrackState::doubt(may_repeat, cause.clone());
        track.was_doubted = true;
        self.state.watch.next_poll = self.state.watch.now;
        self.state.watch.events.push(Event::StartDoubtful { coordinator, cause });
    }

    fn take_for_done(&mut self, i: usize) {
        let Some(track) = self.state.runs.get_mut(i) else { return };
        track.state = TrackState::Gone;
        let coordinator = track.coordinator().clone();
        self.state.watch.events.push(Event::Gone { coordinator });
    }

    /// What is in doubt and was not shown by enough polls was not started: it may be sent again, if
    /// EMQX did not refuse it and this hour's starts are not used up.
    pub(super) fn settle_doubt(&mut self, i: usize, may_repeat: bool, cause: Cause) {
        let Some(track) = self.state.runs.get(i) else { return };
        let has_starts_left = self.state.watch.has_starts_left(track.coordinator());
        if !self.state.is_as_planned(track) {
            self.take_for_done(i);
        } else if !(may_repeat && has_starts_left) {
            self.give_up(i, cause);
        } else if let Some(track) = self.state.runs.get_mut(i) {
            track.state = TrackState::Pending;
        }
    }

    fn give_up(&mut self, i: usize, cause: Cause) {
        let Some(track) = self.state.runs.get_mut(i) else { return };
        track.state = TrackState::Refused;
        let coordinator = track.coordinator().clone();
        if !matches!(self.state.stage, Stage::Ending { .. }) {
            self.begin_ending(EndReason::Refused { coordinator, cause });
        }
    }
}
