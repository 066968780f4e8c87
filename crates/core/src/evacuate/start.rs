//! Reads the cluster before touching it, then starts the evacuation.

use super::evacuator::Evacuator;
use crate::driver::machine::Machine;
use crate::driver::poll::Question;
use crate::driver::state::{EndReason, Stage};
use crate::driver::track::TrackState;
use crate::driver::watch::mismatch;
use crate::driver::{Answer, Ask, Cause, Event};
use crate::emqx::{GlobalStatus, Refusal, RefusalReason, StartAnswer};
use crate::error::{Error, ErrorKind, Result};

impl Evacuator {
    /// Judges the first read of the cluster.
    pub(super) fn close_preflight(&mut self) {
        let poll = std::mem::take(&mut self.state.watch.poll);
        let (Some(status), Some(nodes)) = (poll.status, poll.nodes) else {
            return self.preflight_lost(poll.lost);
        };
        self.state.watch.see_baseline(nodes.nodes);
        let evacuated = status.evacuations.iter().filter_map(|entry| entry.node.clone());
        self.state.others = evacuated.collect();
        match self.conflict(&status) {
            Some(error) => self.end_refused(Cause::from(&error), error.to_string()),
            None => {
                // What it took to read the cluster counts against no limit.
                self.state.watch.paused_ms = 0;
                self.state.stage = Stage::Starting;
            }
        }
    }

    fn conflict(&mut self, status: &GlobalStatus) -> Option<Error> {
        let node = self.state.node();
        if self.state.others.contains(node) {
            let message = "the node is being evacuated already: watch that, or stop it first";
            return Some(Error::new(ErrorKind::Conflict, message).with("node", node));
        }
        let run = status.rebalances.first()?;
        let coordinator = run.coordinator.clone();
        self.state.watch.events.push(Event::ForeignRun { coordinator: coordinator.clone() });
        let message = "a rebalance is running: wait for its end, or stop it";
        Some(Error::new(ErrorKind::Conflict, message).with("coordinator", coordinator))
    }

    /// Sends the start unless it is on its way or in doubt.
    pub(super) fn send_start(&mut self) {
        match self.state.track {
            TrackState::Pending => {
                self.state.track = TrackState::Asked;
                let asked = self.state.plan.asked.clone();
                let node = asked.node.clone();
                let ask = Ask::StartEvacuation { node: asked.node, evacuation: asked.evacuation };
                self.state.watch.ask_start(node, ask, Question::Start(0));
            }
            TrackState::Asked | TrackState::Doubtful { .. } => {}
            _ => {
                self.state.stage = Stage::Following;
                self.state.watch.next_poll = self.state.watch.now;
            }
        }
    }

    pub(super) fn take_start_answer(&mut self, answer: Result<Answer>) {
        match answer {
            Ok(Answer::Start(StartAnswer::Started)) => self.started(),
            Ok(Answer::Start(StartAnswer::Refused(refusal))) => self.start_refused(refusal),
            Ok(_) => self.start_failed(&mismatch()),
            Err(error) => self.start_failed(&error),
        }
    }

    /// EMQX took the start, or shows the evacuation.
    pub(super) fn started(&mut self) {
        if matches!(self.state.track, TrackState::Asked | TrackState::Doubtful { .. }) {
            self.state.track = TrackState::running(None);
            let coordinator = self.state.node().clone();
            self.state.watch.events.push(Event::Started { coordinator });
        }
    }

    fn start_refused(&mut self, refusal: Refusal) {
        // A start whose answer was lost can arrive later than the one that repeats it.
        let is_busy = matches!(
            refusal.reason,
            RefusalReason::AlreadyStarted
                | RefusalReason::EvictionAgentBusy { .. }
                | RefusalReason::NodesUnavailable { .. }
        );
        let is_ours = is_busy && self.state.was_doubted;
        let may_have_happened = refusal.may_have_happened() || is_ours;
        let cause = Cause::from(&Error::from(refusal));
        if may_have_happened { self.doubt(cause, false) } else { self.give_up(cause) }
    }

    fn start_failed(&mut self, error: &Error) {
        let cause = Cause::from(error);
        if error.is_retryable() { self.doubt(cause, true) } else { self.give_up(cause) }
    }

    fn doubt(&mut self, cause: Cause, may_repeat: bool) {
        let coordinator = self.state.node().clone();
        self.state.track = TrackState::doubt(may_repeat, cause.clone());
        self.state.was_doubted = true;
        self.state.watch.next_poll = self.state.watch.now;
        self.state.watch.events.push(Event::StartDoubtful { coordinator, cause });
    }

    /// Enough polls have not shown the evacuation: it did not begin.
    pub(super) fn settle_doubt(&mut self, may_repeat: bool, cause: Cause) {
        if may_repeat && self.state.watch.has_starts_left(self.state.node()) {
            self.state.track = TrackState::Pending;
        } else {
            self.give_up(cause);
        }
    }

    fn give_up(&mut self, cause: Cause) {
        self.state.track = TrackState::Refused;
        let coordinator = self.state.node().clone();
        if !matches!(self.state.stage, Stage::Ending { .. }) {
            self.begin_ending(EndReason::Refused { coordinator, cause });
        }
    }
}
