//! Polls EMQX until the node is empty.

use super::ending;
use super::evacuator::Evacuator;
use crate::driver::guard::down_node;
use crate::driver::machine::Machine;
use crate::driver::state::{EndReason, Missed, Round, Stage, TrackState};
use crate::driver::{Event, OutcomeKind};
use crate::emqx::{EvacuationState, GlobalStatus, RunState};

impl Evacuator {
    pub(super) fn ask_what_the_stage_needs(&mut self) {
        self.stop_what_must_go();
        let is_ending = matches!(self.state.stage, Stage::Ending { .. });
        let asks = is_ending && self.state.track != TrackState::Refused;
        let closed = if asks { vec![self.state.node().clone()] } else { Vec::new() };
        self.state.watch.ask_all(closed);
    }

    pub(super) fn conclude_round(&mut self) {
        if self.state.stage == Stage::Preflight {
            return self.close_preflight();
        }
        let round = std::mem::take(&mut self.state.watch.round);
        let counted = [self.state.node().clone()];
        let is_down = round.nodes.as_ref().map(|nodes| down_node(nodes, &counted).is_some());
        if let Some(nodes) = &round.nodes {
            self.state.watch.see_nodes(&nodes.nodes, &counted);
        }
        self.state.hear(is_down, !round.stopped.is_empty());
        if let Some(status) = &round.status {
            self.see_evacuation(status, is_down);
        }
        match self.state.stage.clone() {
            Stage::Following => self.follow(&round),
            Stage::Ending { why, since } => self.close_ending(&why, since, &round),
            Stage::Preflight | Stage::Starting | Stage::Done { .. } => {}
        }
    }

    /// `is_down` is known if the nodes were read too.
    fn see_evacuation(&mut self, status: &GlobalStatus, is_down: Option<bool>) {
        let node = Some(self.state.node());
        let entry = status.evacuations.iter().find(|entry| entry.node.as_ref() == node);
        match entry {
            Some(entry) => self.see(entry.state.clone()),
            // While EMQX reports something that cannot be read, that may be it; and it says nothing
            // of a node that is down.
            None if status.unreadable.is_empty() && is_down.is_some() && !self.state.is_away() => {
                self.miss();
            }
            None => {}
        }
    }

    fn see(&mut self, shown: EvacuationState) {
        self.started();
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

    fn miss(&mut self) {
        match self.state.track.miss(self.state.options.empty_polls) {
            None => {}
            Some(Missed::Gone) => {
                let coordinator = self.state.node().clone();
                self.state.watch.events.push(Event::Gone { coordinator });
            }
            Some(Missed::NeverBegan { may_repeat, cause }) => self.settle_doubt(may_repeat, cause),
        }
    }

    fn follow(&mut self, round: &Round) {
        if !self.state.track.is_live() {
            return self.begin_ending(EndReason::Gone);
        }
        // A rebalance of somebody else may hand the node sessions at any time.
        let is_alone = round.status.as_ref().is_some_and(|status| status.rebalances.is_empty());
        let emptied = self.emptied();
        if let (Some(_), true, Some(detail)) = (&round.nodes, is_alone, emptied) {
            let outcome = ending::outcome(&self.state, OutcomeKind::Completed, detail);
            return self.end(outcome);
        }
        let evicts = matches!(
            self.state.shown,
            Some(
                EvacuationState::EvictingConns
                    | EvacuationState::EvictingSessions
                    | EvacuationState::Prohibiting
            )
        );
        let idle_s = self.state.watch.idle_s(round.nodes.is_some());
        if evicts
            && self.state.empty_since.is_none()
            && idle_s >= self.state.options.stall_after_s.into()
        {
            return self.begin_ending(EndReason::Stalled { idle_s });
        }
        self.check_guards(round);
    }

    /// Why the node may be stopped now, if it may: it holds nothing, and EMQX has nothing left to
    /// do, or nothing that it could.
    fn emptied(&mut self) -> Option<String> {
        let holds_nothing = self
            .state
            .load()
            .is_some_and(|load| load.connections == 0 && load.disconnected_sessions == 0);
        let now = self.state.watch.now;
        let state = self.state.shown.as_ref();
        if !holds_nothing || state != Some(&EvacuationState::EvictingSessions) {
            self.state.empty_since = None;
            let is_over = holds_nothing && state == Some(&EvacuationState::Prohibiting);
            return is_over.then(|| {
                format!("empty, safe to stop: no client and no session is left; {CLOSED}")
            });
        }
        let since = *self.state.empty_since.get_or_insert(now);
        (now.ms_since(since) >= DURABLE_AFTER_MS).then(|| {
            format!(
                "empty, safe to stop: no client and no session of its own is left; EMQX still \
                 counts durable sessions of the whole cluster, which need not move; {CLOSED}"
            )
        })
    }
}

const CLOSED: &str = "it refuses clients until the evacuation is stopped, over restarts too";
/// How long EMQX may go on moving sessions of a node that has none: a tick takes 1 s, and a slow
/// one the 15 s of its RPC timeout.
const DURABLE_AFTER_MS: u64 = 20_000;
