//! Polls EMQX until everything that was started is done or gone.
//!
//! An entry that is missing once is not an end: EMQX leaves out nodes that are slow to answer their
//! peer. Counts come from `/nodes`; the goals that EMQX reports freeze before the last eviction.

use super::drive::Driver;
use super::event::Event;
use super::harm::down_node;
use super::outcome::OutcomeKind;
use super::poll::Poll;
use super::stage::{EndReason, Stage};
use super::track::{Missed, Track, TrackState};
use crate::emqx::{GlobalStatus, NodeList, RunState};

impl Driver {
    /// Asks what the stage needs to know.
    pub(super) fn open_poll(&mut self) {
        self.stop_what_must_go();
        let is_ending = matches!(self.state.stage, Stage::Ending { .. });
        let closed = if is_ending { self.state.donors() } else { Vec::new() };
        self.state.watch.ask_all(closed);
    }

    /// Draws the conclusions of a poll.
    pub(super) fn close_poll(&mut self) {
        let mut poll = std::mem::take(&mut self.state.watch.poll);
        if let Some(list) = &mut poll.nodes {
            self.state.job.weigh(&mut list.nodes);
        }
        if self.state.stage == Stage::Preflight {
            return self.close_preflight(poll);
        }
        let stage = self.state.stage.clone();
        self.see(&mut poll);
        if stage != self.state.stage {
            // What has just come to its end is judged by the next poll, which asks for it.
            return;
        }
        match stage {
            // One may evict while the start of another one is in doubt.
            Stage::Starting => self.check_guards(&poll),
            Stage::Following => self.follow(&poll),
            Stage::Ending { why, since } => self.close_ending(&why, since, &poll),
            Stage::Preflight | Stage::Done { .. } => {}
        }
    }

    /// Takes note of all that a poll shows.
    fn see(&mut self, poll: &mut Poll) {
        self.state.watch.hear(poll);
        let counted = self.state.counted();
        let is_down = poll.nodes.as_ref().map(|nodes| down_node(nodes, &counted).is_some());
        if let Some(list) = &poll.nodes {
            let losing = self.state.donors();
            let options = &self.state.options;
            self.state.watch.see_nodes(list.nodes.clone(), &counted, &losing, options);
        }
        poll.add_unheard();
        self.state.hear(is_down, !self.state.watch.stops.is_empty());
        if let Some(status) = &poll.status {
            self.see_runs(status, is_down, poll);
        }
        self.see_stops(poll);
        if let Some(nodes) = &poll.nodes {
            self.see_lost_nodes(nodes);
        }
    }

    fn see_runs(&mut self, status: &GlobalStatus, is_down: Option<bool>, poll: &Poll) {
        for i in 0..self.state.runs.len() {
            let Some(track) = self.state.runs.get_mut(i) else { continue };
            match track.learn(status) {
                Some(shown) => {
                    self.state.watch.shown_at = poll.asked_at;
                    self.see_run(i, shown);
                }
                // What could not be read or heard may be it.
                None if track.is_heard(status) && self.state.may_miss(is_down) => {
                    self.miss_run(i, status, poll);
                }
                None => {}
            }
        }
        self.see_foreign_runs(status);
    }

    fn see_run(&mut self, i: usize, shown: RunState) {
        self.started(i);
        let Some(track) = self.state.runs.get_mut(i) else { return };
        if track.state.is_given_up() && track.was_doubted {
            // A start of ours has arrived after all.
            track.state = TrackState::running(None);
        }
        track.is_cut_short = false;
        track.is_stopped = false;
        track.lost = None;
        let phase = shown.phase();
        let Some(is_new) = track.state.see(phase) else { return };
        if track.shown.as_ref() != Some(&shown) {
            track.shown = Some(shown);
            self.state.watch.changed_at = self.state.watch.now;
        }
        if let (true, Some(phase)) = (is_new, phase) {
            let coordinator = track.coordinator().clone();
            self.state.watch.events.push(Event::Phase { coordinator, phase });
        }
    }

    fn miss_run(&mut self, i: usize, status: &GlobalStatus, poll: &Poll) {
        let Some(track) = self.state.runs.get(i) else { return };
        let polls = if track.is_displaced(status) { 1 } else { self.state.options.empty_polls };
        let absence = self.absence(poll, polls, self.state.absence_ms(track));
        let is_cut_short = self.state.would_be_cut_short(track);
        let is_alone = status.rebalances.iter().all(|entry| self.state.is_ours(entry, status));
        let Some(track) = self.state.runs.get_mut(i) else { return };
        match track.state.miss(absence) {
            None => {}
            Some(Missed::Gone) => {
                track.is_cut_short = is_cut_short;
                let coordinator = track.coordinator().clone();
                self.state.watch.events.push(Event::Gone { coordinator });
            }
            Some(Missed::NeverBegan { may_repeat, cause }) => {
                self.settle_doubt(i, may_repeat && is_alone, cause);
            }
        }
    }

    fn see_foreign_runs(&mut self, status: &GlobalStatus) {
        let foreign = status.rebalances.iter().filter(|entry| !self.state.is_ours(entry, status));
        let events: Vec<Event> =
            foreign.map(|e| Event::ForeignRun { coordinator: e.coordinator.clone() }).collect();
        self.state.watch.events.extend(events);
    }

    /// Takes note of what EMQX said to our stops. What it has stopped is over: what it shows later is
    /// somebody else's, unless a start of ours may still be on its way. What `poll` shows of it may have been
    /// read before the stop.
    fn see_stops(&mut self, poll: &mut Poll) {
        let stops = std::mem::take(&mut self.state.watch.stops);
        for (i, track) in self.state.runs.iter_mut().enumerate() {
            if stops.stopped.contains(&i) {
                poll.status.iter_mut().for_each(|status| track.leave_out(status));
                track.is_over = !track.was_doubted;
            }
            track.is_stopped |= stops.has(i);
        }
    }

    /// Remembers of the runs that are not shown any more which node is down: it comes back empty.
    fn see_lost_nodes(&mut self, nodes: &NodeList) {
        for track in &mut self.state.runs {
            let Some(run) = track.run().filter(|_| track.state.is_unseen()) else { continue };
            let lost = down_node(nodes, &run.nodes).cloned();
            track.lost = track.lost.take().or(lost);
        }
    }

    fn follow(&mut self, poll: &Poll) {
        if !self.state.runs.iter().any(Track::is_live) {
            return self.begin_ending(EndReason::Gone);
        }
        if self.pilot_has_shown() {
            return self.begin_ending(EndReason::Learned);
        }
        if let Some(detail) = self.state.done(poll) {
            return self.end(self.state.outcome_of(OutcomeKind::Completed, detail));
        }
        let idle_s = self.state.watch.idle_s(poll);
        let is_evicting = poll.status.as_ref().is_some_and(|status| self.is_evicting(status));
        let has_stalled = idle_s >= self.state.options.stall_after_s.into();
        if is_evicting && has_stalled && !self.state.may_be_over() {
            return self.begin_ending(EndReason::Stalled { idle_s });
        }
        self.check_guards(poll);
        let drift = self.state.drift();
        self.state.watch.events.extend(drift);
    }

    /// Whether `status` shows something of ours that drops clients or moves sessions.
    fn is_evicting(&self, status: &GlobalStatus) -> bool {
        let mut shown = self.state.runs.iter().filter_map(|track| track.shown_in(status));
        shown.any(|shown| self.state.is_evicting(&shown))
    }
}
