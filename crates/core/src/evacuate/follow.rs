//! Polls EMQX until the node is empty.

use super::ending;
use super::evacuator::Evacuator;
use super::state::BOOT_MS;
use crate::driver::guard::down_node;
use crate::driver::machine::Machine;
use crate::driver::poll::Poll;
use crate::driver::state::{EndReason, Stage};
use crate::driver::track::{Missed, TrackState};
use crate::driver::{Event, OutcomeKind};
use crate::emqx::{EvacuationState, EvacuationStatus, GlobalStatus, RunState};
use crate::snapshot::NodeStatus;

impl Evacuator {
    pub(super) fn ask_what_the_stage_needs(&mut self) {
        self.stop_what_must_go();
        let is_ending = matches!(self.state.stage, Stage::Ending { .. });
        let asks = is_ending && self.state.track != TrackState::Refused;
        let closed = if asks { vec![self.state.node().clone()] } else { Vec::new() };
        self.state.watch.ask_all(closed);
    }

    pub(super) fn conclude_poll(&mut self) {
        if self.state.stage == Stage::Preflight {
            return self.close_preflight();
        }
        let mut poll = std::mem::take(&mut self.state.watch.poll);
        self.state.watch.hear(&poll);
        let counted = [self.state.node().clone()];
        let is_down = poll.nodes.as_ref().map(|nodes| down_node(nodes, &counted).is_some());
        if let Some(list) = &poll.nodes {
            let options = self.state.options.clone();
            self.state.watch.see_nodes(list.nodes.clone(), &counted, &counted, &options);
        }
        poll.add_unheard();
        let stops = std::mem::take(&mut self.state.watch.stops);
        self.state.hear(is_down, !stops.is_empty());
        let stage = self.state.stage.clone();
        if let Some(status) = &poll.status {
            self.see_evacuation(status, is_down, &poll);
        }
        // A start of ours that is still on its way may begin after the stop.
        self.state.is_over |= !stops.stopped.is_empty() && !self.state.was_doubted;
        if stage != self.state.stage {
            // What has just come to its end is judged by the next poll, which asks for it.
            return;
        }
        match stage {
            Stage::Starting => self.check_guards(&poll),
            Stage::Following => self.follow(&poll),
            Stage::Ending { why, since } => self.close_ending(&why, since, &poll),
            Stage::Preflight | Stage::Done { .. } => {}
        }
    }

    /// `is_down` is known if the nodes were read too.
    fn see_evacuation(&mut self, status: &GlobalStatus, is_down: Option<bool>, poll: &Poll) {
        let is_heard = self.is_heard(status);
        match self.entry(status).filter(|_| !self.state.is_over) {
            Some(entry) => {
                let shown = entry.state.clone();
                self.state.watch.shown_at = poll.asked_at;
                self.see(shown);
            }
            // What could not be read or heard may be it; and EMQX says nothing of a node that is down.
            None if is_heard && is_down.is_some() && !self.state.is_away() => self.miss(poll),
            None => {}
        }
    }

    /// Whether the evacuation would be shown if there were one.
    pub(super) fn is_heard(&self, status: &GlobalStatus) -> bool {
        status.unreadable.is_empty() && !status.unheard.contains(self.state.node())
    }

    fn see(&mut self, shown: EvacuationState) {
        self.started();
        if self.state.track.is_given_up() && self.state.was_doubted {
            // A start of ours has arrived after all.
            self.state.track = TrackState::running(None);
        }
        let phase = RunState::from(shown.as_str().to_owned()).phase();
        let Some(is_new) = self.state.track.see(phase) else { return };
        if self.state.shown.as_ref() != Some(&shown) {
            self.state.watch.changed_at = self.state.watch.now;
        }
        self.state.shown = Some(shown);
        if let (true, Some(phase)) = (is_new, phase) {
            let coordinator = self.state.node().clone();
            self.state.watch.events.push(Event::Phase { coordinator, phase });
        }
    }

    /// A node that was restarted between two polls shows nothing while it boots, and then goes on.
    fn miss(&mut self, poll: &Poll) {
        let least_ms = if self.state.is_over { 0 } else { BOOT_MS };
        let absence = self.absence(poll, self.state.options.empty_polls, least_ms);
        match self.state.track.miss(absence) {
            None => {}
            Some(Missed::Gone) => {
                let coordinator = self.state.node().clone();
                self.state.watch.events.push(Event::Gone { coordinator });
            }
            Some(Missed::NeverBegan { may_repeat, cause }) => self.settle_doubt(may_repeat, cause),
        }
    }

    fn follow(&mut self, poll: &Poll) {
        if !self.state.track.is_live() {
            return self.begin_ending(EndReason::Gone);
        }
        if let Some(detail) = self.emptied(poll) {
            let outcome = ending::outcome(&self.state, OutcomeKind::Completed, detail);
            return self.end(outcome);
        }
        let idle_s = self.state.watch.idle_s(poll);
        if self.is_evicting(poll)
            && self.state.empty_since.is_none()
            && idle_s >= self.state.options.stall_after_s.into()
        {
            return self.begin_ending(EndReason::Stalled { idle_s });
        }
        self.check_guards(poll);
    }

    /// Whether the poll shows that the node is being emptied, or was to be.
    fn is_evicting(&self, poll: &Poll) -> bool {
        let entry = poll.status.as_ref().and_then(|status| self.entry(status));
        matches!(
            entry.map(|entry| &entry.state),
            Some(
                EvacuationState::EvictingConns
                    | EvacuationState::EvictingSessions
                    | EvacuationState::Prohibiting
            )
        )
    }

    fn entry<'a>(&self, status: &'a GlobalStatus) -> Option<&'a EvacuationStatus> {
        let mut entries = status.evacuations.iter();
        entries.find(|entry| entry.node.as_ref() == Some(self.state.node()))
    }

    /// Why the node may be stopped now, if it may: it has held nothing for a while, nobody is about to
    /// hand it anything, EMQX has nothing left to do, or nothing that it could, and the clients that it
    /// had are elsewhere.
    fn emptied(&mut self, poll: &Poll) -> Option<String> {
        let (Some(status), Some(_)) = (&poll.status, &poll.nodes) else { return None };
        let load = self.state.load().filter(|load| load.status != NodeStatus::Unknown);
        let holds_nothing =
            load.is_some_and(|load| load.connections == 0 && load.disconnected_sessions == 0);
        let is_done = self.state.shown == Some(EvacuationState::Prohibiting);
        let is_moving = self.state.shown == Some(EvacuationState::EvictingSessions);
        if !holds_nothing || !status.rebalances.is_empty() || !(is_done || is_moving) {
            self.state.empty_since = None;
            return None;
        }
        let since = *self.state.empty_since.get_or_insert(self.state.watch.now);
        let empty_ms = poll.asked_at.ms_since(since);
        // What was counted long before it was said what runs may have changed in between.
        if poll.is_torn || self.state.watch.now.ms_since(poll.nodes_at) > TOGETHER_MS {
            return None;
        }
        let clients = self.state.watch.clients();
        if empty_ms < self.empty_ms(is_done, status) || clients.are_missing(&self.state.options) {
            return None;
        }
        let left = if is_done {
            "no client and no session is left"
        } else {
            "no client and no session of its own is left; EMQX still counts durable sessions of the \
             whole cluster, which need not move"
        };
        Some(format!("empty, safe to stop: {left}; {CLOSED}"))
    }

    /// Milliseconds for which the node must have been empty: a rebalance of somebody else may hand it
    /// sessions at any time, and a node that is not heard may coordinate one.
    fn empty_ms(&self, is_done: bool, status: &GlobalStatus) -> u64 {
        let next_poll_ms = self.poll_interval_ms() / 2;
        let unheard_ms = u64::from(self.state.options.settle_s) * 1000;
        let heard_ms = if status.unheard.is_empty() { next_poll_ms } else { unheard_ms };
        if is_done { heard_ms } else { heard_ms.max(DURABLE_AFTER_MS) }
    }
}

/// Counts and what runs belong together if they are read within so long: quicker than anybody else's
/// rebalance begins and moves a session.
const TOGETHER_MS: u64 = 5_000;
const CLOSED: &str = "it refuses clients until the evacuation is stopped, over restarts too";
/// How long EMQX may go on moving sessions of a node that has none: a tick takes 1 s, and a slow
/// one the 15 s of its RPC timeout.
const DURABLE_AFTER_MS: u64 = 20_000;
