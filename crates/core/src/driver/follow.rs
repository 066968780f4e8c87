//! Polls EMQX until every run is gone.
//!
//! An entry that is missing once is not an end: EMQX leaves out nodes that are slow to answer their
//! peer. Counts come from `/nodes`; the goals that EMQX reports freeze before the last eviction.

use super::Driver;
use super::event::Event;
use super::goal;
use super::guard::down_node;
use super::machine::Machine;
use super::poll::Poll;
use super::state::{EndReason, Stage};
use super::track::{Missed, TrackState};
use crate::emqx::{GlobalStatus, NodeList, RunStatus};
use crate::forecast::RunPhase;

impl Driver {
    pub(super) fn ask_what_the_stage_needs(&mut self) {
        self.stop_what_must_go();
        let is_ending = matches!(self.state.stage, Stage::Ending { .. });
        let closed = if is_ending { self.state.donors() } else { Vec::new() };
        self.state.watch.ask_all(closed);
    }

    pub(super) fn conclude_poll(&mut self) {
        if self.state.stage == Stage::Preflight {
            return self.close_preflight();
        }
        let mut poll = std::mem::take(&mut self.state.watch.poll);
        self.state.watch.hear(&poll);
        if let Some(list) = &poll.nodes {
            let (counted, losing) = (self.state.plan_nodes(), self.state.donors());
            let options = self.state.options.clone();
            self.state.watch.see_nodes(list.nodes.clone(), &counted, &losing, &options);
        }
        poll.add_unheard();
        let stage = self.state.stage.clone();
        if let Some(status) = &poll.status {
            self.see_runs(status, &poll);
        }
        self.see_stops();
        if let Some(nodes) = &poll.nodes {
            self.see_lost_nodes(nodes);
        }
        if stage != self.state.stage {
            // What has just come to its end is judged by the next poll, which asks for it.
            return;
        }
        match stage {
            // A run may evict while the start of another one is in doubt.
            Stage::Starting => self.check_guards(&poll),
            Stage::Following => self.follow(&poll),
            Stage::Ending { why, since } => self.close_ending(&why, since, &poll),
            Stage::Preflight | Stage::Done { .. } => {}
        }
    }

    /// Takes note of what EMQX said to our stops. What it has stopped is over: a run that it shows
    /// later is somebody else's, unless a start of ours may still be on its way.
    fn see_stops(&mut self) {
        let stops = std::mem::take(&mut self.state.watch.stops);
        for i in &stops.stopped {
            if let Some(tracked) = self.state.runs.get_mut(*i) {
                tracked.is_stopped = true;
                tracked.is_over = !tracked.was_doubted;
            }
        }
        for i in &stops.absent {
            if let Some(tracked) = self.state.runs.get_mut(*i) {
                tracked.is_stopped = true;
            }
        }
    }

    fn see_runs(&mut self, status: &GlobalStatus, poll: &Poll) {
        for i in 0..self.state.runs.len() {
            self.see_donors(i, status);
            let shown = self.shown_phase(i, status);
            let is_heard = self.state.runs.get(i).is_some_and(|tracked| tracked.is_heard(status));
            match shown {
                Some(phase) => {
                    self.state.watch.shown_at = poll.asked_at;
                    self.see_run(i, phase);
                }
                // What could not be read or heard may be the run.
                None if is_heard => self.miss_run(i, status, poll),
                None => {}
            }
        }
        self.see_foreign_runs(status);
    }

    /// Who loses clients by a run tells of it, and is to serve again after it.
    fn see_donors(&mut self, i: usize, status: &GlobalStatus) {
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        if let Some(entry) = status.rebalances.iter().find(|entry| tracked.is_shown(entry, status))
        {
            tracked.learn_donors(&entry.donors);
        }
    }

    fn shown_phase(&self, i: usize, status: &GlobalStatus) -> Option<Option<RunPhase>> {
        let tracked = self.state.runs.get(i)?;
        let entry = status.rebalances.iter().find(|entry| tracked.is_shown(entry, status))?;
        Some(entry.state.phase())
    }

    fn see_run(&mut self, i: usize, shown: Option<RunPhase>) {
        self.started(i);
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        if tracked.state.is_given_up() && tracked.was_doubted {
            // A start of ours has arrived after all.
            tracked.state = TrackState::running(None);
        }
        tracked.is_cut_short = false;
        tracked.is_stopped = false;
        tracked.lost = None;
        if let (Some(true), Some(phase)) = (tracked.state.see(shown), shown) {
            let coordinator = tracked.run.coordinator.clone();
            self.state.watch.changed_at = self.state.watch.now;
            self.state.watch.events.push(Event::Phase { coordinator, phase });
        }
    }

    fn miss_run(&mut self, i: usize, status: &GlobalStatus, poll: &Poll) {
        // A coordinator runs one rebalance: where somebody else's is shown, ours is not hidden.
        let polls = if self.is_displaced(i, status) { 1 } else { self.state.options.empty_polls };
        let absence = self.absence(poll, polls, 0);
        let is_cut_short = self.would_be_cut_short(i);
        let Some(tracked) = self.state.runs.get_mut(i) else { return };
        match tracked.state.miss(absence) {
            None => {}
            Some(Missed::Gone) => {
                tracked.is_cut_short = is_cut_short;
                let coordinator = tracked.run.coordinator.clone();
                self.state.watch.events.push(Event::Gone { coordinator });
            }
            Some(Missed::NeverBegan { may_repeat, cause }) => {
                let is_alone = status.rebalances.iter().all(|entry| self.is_ours(entry, status));
                self.settle_doubt(i, may_repeat && is_alone, cause);
            }
        }
    }

    /// Remembers of the runs that are not shown any more which node is down: it comes back empty.
    fn see_lost_nodes(&mut self, nodes: &NodeList) {
        for tracked in &mut self.state.runs {
            if tracked.state.is_unseen() && tracked.lost.is_none() {
                tracked.lost = down_node(nodes, &tracked.run.nodes).cloned();
            }
        }
    }

    fn is_displaced(&self, i: usize, status: &GlobalStatus) -> bool {
        let coordinator = self.state.runs.get(i).map(|tracked| &tracked.run.coordinator);
        status.rebalances.iter().any(|entry| Some(&entry.coordinator) == coordinator)
    }

    pub(super) fn is_ours(&self, entry: &RunStatus, status: &GlobalStatus) -> bool {
        self.state.runs.iter().any(|tracked| tracked.is_shown(entry, status))
    }

    /// Whether a run that is gone now did not come to its own end: it was last seen before its
    /// evicting was over, and its averages are not within its thresholds.
    fn would_be_cut_short(&self, i: usize) -> bool {
        let Some(tracked) = self.state.runs.get(i) else { return false };
        let is_through = matches!(
            tracked.state,
            TrackState::Running { phase: Some(phase), .. } if phase >= RunPhase::WaitTakeover
        );
        !is_through && goal::missing_of_run(&self.state, tracked).is_some()
    }

    fn see_foreign_runs(&mut self, status: &GlobalStatus) {
        let foreign = status.rebalances.iter().filter(|entry| !self.is_ours(entry, status));
        let events: Vec<Event> =
            foreign.map(|e| Event::ForeignRun { coordinator: e.coordinator.clone() }).collect();
        self.state.watch.events.extend(events);
    }

    fn follow(&mut self, poll: &Poll) {
        if !self.state.runs.iter().any(super::track::TrackedRun::is_live) {
            return self.begin_ending(EndReason::Gone);
        }
        let idle_s = self.state.watch.idle_s(poll);
        let is_evicting = poll.status.as_ref().is_some_and(|status| self.is_evicting(status));
        if is_evicting && idle_s >= self.state.options.stall_after_s.into() {
            return self.begin_ending(EndReason::Stalled { idle_s });
        }
        self.check_guards(poll);
        self.check_drift();
    }

    /// Whether `status` shows a run that drops clients or moves sessions.
    fn is_evicting(&self, status: &GlobalStatus) -> bool {
        let evicting = [RunPhase::EvictingConns, RunPhase::EvictingSessions];
        let shown = (0..self.state.runs.len()).filter_map(|i| self.shown_phase(i, status)?);
        shown.into_iter().any(|phase| evicting.contains(&phase))
    }
}
