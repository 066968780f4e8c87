//! Reads the cluster before touching it, then sends the starts one after the other.
//!
//! A start may reach EMQX although its answer does not come back, so after a lost answer EMQX is
//! asked what runs before anything else is sent. A start that fails costs EMQX a crash of its
//! coordinator process; after 10 in an hour it gives up until the node restarts.

use super::ask::Ask;
use super::event::Event;
use super::machine::Machine;
use super::outcome::{Cause, OutcomeKind};
use super::poll::Question;
use super::state::{EndReason, Stage};
use super::track::TrackState;
use super::{Driver, ending};
use crate::emqx::{GlobalStatus, Refusal, RefusalReason};
use crate::error::{Error, ErrorKind};
use crate::plan::single::Split;
use crate::plan::{Decision, Run};
use crate::snapshot::NodeLoad;

impl Driver {
    /// Judges the first read of the cluster.
    pub(super) fn close_preflight(&mut self) {
        let poll = std::mem::take(&mut self.state.watch.poll);
        let (Some(status), Some(nodes)) = (poll.status, poll.nodes) else {
            return self.preflight_lost(poll.lost);
        };
        self.state.watch.see_baseline(nodes.nodes);
        if !self.is_needed() {
            let reason = self.state.plan.reason.clone();
            let detail = reason.unwrap_or_else(|| "the plan has no runs".to_owned());
            return self.end(ending::outcome(&self.state, OutcomeKind::AlreadyBalanced, detail));
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
        let plan_nodes = self.state.plan_nodes();
        if let Some(run) = status.rebalances.first() {
            let coordinator = run.coordinator.clone();
            self.state.watch.events.push(Event::ForeignRun { coordinator: coordinator.clone() });
            let message = "a rebalance is running already: wait for its end, or stop it";
            return Some(Error::new(ErrorKind::Conflict, message).with("coordinator", coordinator));
        }
        let mut evacuated = status.evacuations.iter().filter_map(|evacuation| {
            evacuation.node.as_ref().filter(|node| plan_nodes.contains(node))
        });
        evacuated.next().map(|node| {
            let message = "a node of the plan is being evacuated: stop that, or leave it out";
            Error::new(ErrorKind::Conflict, message).with("node", node)
        })
    }

    /// Sends the next start, unless one is on its way or in doubt.
    pub(super) fn send_next_start(&mut self) {
        let is_open =
            |state: &TrackState| matches!(state, TrackState::Asked | TrackState::Doubtful { .. });
        if self.state.runs.iter().any(|tracked| is_open(&tracked.state)) {
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
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        tracked.state = TrackState::Asked;
        let run = tracked.run.clone();
        let coordinator = run.coordinator.clone();
        self.state.watch.ask_start(coordinator, Ask::Start { run }, Question::Start(i));
    }

    /// EMQX took the start, or shows the run.
    pub(super) fn started(&mut self, i: usize) {
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        if matches!(tracked.state, TrackState::Asked | TrackState::Doubtful { .. }) {
            tracked.state = TrackState::running(None);
            let coordinator = tracked.run.coordinator.clone();
            self.state.watch.events.push(Event::Started { coordinator });
        }
    }

    /// EMQX said no.
    pub(super) fn start_refused(&mut self, i: usize, refusal: Refusal) {
        let may_have_happened = refusal.may_have_happened() || self.may_be_ours(&refusal.reason);
        let is_needless = refusal.reason == RefusalReason::NothingToBalance;
        let cause = Cause::from(&Error::from(refusal));
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        if is_needless && tracked.was_doubted {
            // An earlier start arrived, and has done it.
            self.take_for_done(i);
        } else if is_needless {
            tracked.state = TrackState::NotNeeded;
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
        is_busy && self.state.runs.iter().any(|tracked| tracked.was_doubted)
    }

    /// There is no answer, or none that makes sense.
    pub(super) fn start_failed(&mut self, i: usize, error: &Error) {
        let cause = Cause::from(error);
        if error.is_retryable() { self.doubt(i, cause, true) } else { self.give_up(i, cause) }
    }

    fn doubt(&mut self, i: usize, cause: Cause, may_repeat: bool) {
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        let coordinator = tracked.run.coordinator.clone();
        tracked.state = TrackState::doubt(may_repeat, cause.clone());
        tracked.was_doubted = true;
        self.state.watch.next_poll = self.state.watch.now;
        self.state.watch.events.push(Event::StartDoubtful { coordinator, cause });
    }

    /// Whether the nodes of a run in doubt are as they were when it was planned: EMQX would make the
    /// same nodes donors and still find something to do. If not, the run came and went unseen, and
    /// starting it again would move clients back.
    fn is_as_planned(&self, run: &Run) -> bool {
        let nodes: Vec<&NodeLoad> =
            self.state.watch.nodes.iter().filter(|load| run.nodes.contains(&load.node)).collect();
        let split = Split::of(&nodes);
        split.donors.iter().all(|load| run.donors.contains(&load.node))
            && split.recipients.iter().all(|load| run.recipients.contains(&load.node))
            && split.decide(&run.strategy) == Decision::Start
    }

    fn take_for_done(&mut self, i: usize) {
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        tracked.state = TrackState::Gone;
        let coordinator = tracked.run.coordinator.clone();
        self.state.watch.events.push(Event::Gone { coordinator });
    }

    /// A run in doubt that enough polls have not shown was not started: it may be sent again, if
    /// EMQX did not refuse it and this hour's starts are not used up.
    pub(super) fn settle_doubt(&mut self, i: usize, may_repeat: bool, cause: Cause) {
        let Some(tracked) = self.state.runs.get(i) else { return };
        let is_as_planned = self.is_as_planned(&tracked.run);
        if is_as_planned
            && !(may_repeat && self.state.watch.has_starts_left(&tracked.run.coordinator))
        {
            return self.give_up(i, cause);
        }
        if !is_as_planned {
            return self.take_for_done(i);
        }
        if let Some(tracked) = self.state.runs.get_mut(i) {
            tracked.state = TrackState::Pending;
        }
    }

    fn give_up(&mut self, i: usize, cause: Cause) {
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        tracked.state = TrackState::Refused;
        let coordinator = tracked.run.coordinator.clone();
        if !matches!(self.state.stage, Stage::Ending { .. }) {
            self.begin_ending(EndReason::Refused { coordinator, cause });
        }
    }
}
