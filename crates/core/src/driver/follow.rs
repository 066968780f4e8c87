//! Polls EMQX until every run is gone.
//!
//! An entry that is missing once is not an end: EMQX leaves out nodes that are slow to answer their
//! peer. Counts come from `/nodes`; the goals that EMQX reports freeze before the last eviction.

use super::Driver;
use super::ask::Ask;
use super::event::Event;
use super::state::{EndReason, Question, Round, Stage, TrackState};
use crate::emqx::GlobalStatus;
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::snapshot::NodeLoad;

impl Driver {
    /// Whether the stage polls. While starts are sent, only a doubt is worth a poll.
    pub(super) fn polls(&self) -> bool {
        match self.state.stage {
            Stage::Preflight | Stage::Following | Stage::Ending { .. } => true,
            Stage::Starting => {
                let in_doubt = |state: &TrackState| matches!(state, TrackState::Doubtful { .. });
                self.state.runs.iter().any(|tracked| in_doubt(&tracked.state))
            }
            Stage::Done { .. } => false,
        }
    }

    pub(super) fn open_round(&mut self) {
        self.state.round = Round { open: true, ..Round::default() };
        self.state.next_poll = self.state.now.plus_ms(self.poll_interval_ms());
        self.stop_what_must_go();
        self.ask(Ask::GlobalStatus, Question::GlobalStatus);
        self.ask(Ask::Nodes, Question::Nodes);
        if matches!(self.state.stage, Stage::Ending { .. }) {
            for node in self.state.donors() {
                self.ask(Ask::Availability { node: node.clone() }, Question::Availability(node));
            }
        }
    }

    pub(super) fn close_round(&mut self) {
        if self.state.stage == Stage::Preflight {
            return self.close_preflight();
        }
        let round = std::mem::take(&mut self.state.round);
        if let Some(nodes) = &round.nodes {
            self.see_nodes(&nodes.nodes);
        }
        if let Some(status) = &round.status {
            self.see_runs(status);
        }
        match self.state.stage.clone() {
            Stage::Following => self.follow(&round),
            Stage::Ending { why, since } => self.close_ending(&why, since, &round),
            Stage::Preflight | Stage::Starting | Stage::Done { .. } => {}
        }
    }

    fn see_nodes(&mut self, nodes: &[NodeLoad]) {
        let plan_nodes = self.state.plan_nodes();
        let counts = |nodes: &[NodeLoad]| -> Vec<(NodeName, u64, u64)> {
            let part = nodes.iter().filter(|load| plan_nodes.contains(&&load.node));
            let mut counts: Vec<_> = part
                .map(|load| (load.node.clone(), load.connections, load.disconnected_sessions))
                .collect();
            counts.sort();
            counts
        };
        if counts(nodes) != counts(&self.state.nodes) {
            self.state.changed_at = self.state.now;
        }
        self.state.nodes = nodes.to_vec();
    }

    fn see_runs(&mut self, status: &GlobalStatus) {
        for i in 0..self.state.runs.len() {
            let shown = self.shown_phase(i, status);
            match shown {
                Some(phase) => self.see_run(i, phase),
                // While EMQX reports something that cannot be read, that may be the run.
                None if status.unreadable.is_empty() => self.miss_run(i),
                None => {}
            }
        }
        self.see_foreign_runs(status);
    }

    fn shown_phase(&self, i: usize, status: &GlobalStatus) -> Option<Option<RunPhase>> {
        let tracked = self.state.runs.get(i)?;
        let entry = status.rebalances.iter().find(|entry| tracked.is_shown(entry))?;
        Some(entry.state.phase())
    }

    fn see_run(&mut self, i: usize, shown: Option<RunPhase>) {
        self.started(i);
        let now = self.state.now;
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        let before = match tracked.state {
            TrackState::Running { phase, .. } => phase,
            TrackState::Gone => None,
            _ => return,
        };
        tracked.state = TrackState::Running { phase: shown.or(before), empty: 0 };
        if let (true, Some(phase)) = (shown != before, shown) {
            self.state.changed_at = now;
            let coordinator = tracked.run.coordinator.clone();
            self.events.push(Event::Phase { coordinator, phase });
        }
    }

    fn miss_run(&mut self, i: usize) {
        let limit = self.state.options.empty_polls;
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        match &mut tracked.state {
            TrackState::Running { empty, .. } => {
                *empty += 1;
                if *empty >= limit {
                    tracked.state = TrackState::Gone;
                    let coordinator = tracked.run.coordinator.clone();
                    self.events.push(Event::Gone { coordinator });
                }
            }
            TrackState::Doubtful { empty, may_repeat, cause } => {
                *empty += 1;
                if *empty >= limit {
                    let (may_repeat, cause) = (*may_repeat, cause.clone());
                    self.settle_doubt(i, may_repeat, cause);
                }
            }
            _ => {}
        }
    }

    fn see_foreign_runs(&mut self, status: &GlobalStatus) {
        let is_ours = |entry| self.state.runs.iter().any(|tracked| tracked.is_shown(entry));
        let foreign = status.rebalances.iter().filter(|entry| !is_ours(entry));
        let events: Vec<Event> =
            foreign.map(|e| Event::ForeignRun { coordinator: e.coordinator.clone() }).collect();
        self.events.extend(events);
    }

    fn follow(&mut self, round: &Round) {
        if !self.state.runs.iter().any(super::state::TrackedRun::is_live) {
            return self.begin_ending(EndReason::Gone);
        }
        let evicts = |state: &TrackState| {
            let evicting = [RunPhase::EvictingConns, RunPhase::EvictingSessions];
            matches!(state, TrackState::Running { phase: Some(p), .. } if evicting.contains(p))
        };
        let idle_s = self.state.now.ms_since(self.state.changed_at) / 1000;
        let is_evicting = self.state.runs.iter().any(|tracked| evicts(&tracked.state));
        if is_evicting && idle_s >= self.state.options.stall_after_s.into() {
            return self.begin_ending(EndReason::Stalled { idle_s });
        }
        self.check_guards(round);
        self.check_drift();
    }
}
