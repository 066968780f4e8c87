//! Plans again from fresh counts when one wave has not levelled the cluster.
//!
//! A random balancer deals unevenly, clients come and go: what one set of runs leaves, the next one
//! mends, as long as it gains enough to be worth its disconnects.

use super::Driver;
use super::event::Event;
use super::goal;
use super::options::DriverOptions;
use super::progress;
use super::state::{Stage, TrackState};
use super::tracked::TrackedRun;
use crate::error::{Error, ErrorKind};
use crate::level::WORTH;
use crate::plan::{Decision, Mode, Plan, plan};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// A wave that is over.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WaveRecord {
    /// Runs of the wave.
    pub runs: usize,
    /// Clients that it was to drop.
    pub disconnects: u64,
    /// Connections that have left the donors in it.
    pub moved: u64,
    /// Seconds that it was to take.
    pub expected_s: u64,
    /// The fullest node over the mean, as forecast.
    pub expected_over: f64,
    /// The fullest node over the mean, as measured.
    pub over: f64,
}

impl Driver {
    /// Begins another wave if it is allowed, needed and worth it.
    pub(super) fn begin_next_wave(&mut self) -> bool {
        let Some((wave, next)) = self.next_wave() else { return false };
        self.state
            .watch
            .events
            .push(Event::NextWave { over: wave.over, expected: next.balance.after.over });
        let state = &mut self.state;
        state.waves.push(wave);
        state.runs = with_strays(&next, &state.runs);
        let mut last = std::mem::replace(&mut state.plan, next);
        last.abridge();
        state.promised.get_or_insert_with(|| Box::new(last));
        state.watch.begin_wave();
        state.wave_began_at = Some(state.watch.now);
        state.has_drifted = false;
        state.stage = Stage::Starting;
        true
    }

    fn next_wave(&self) -> Option<(WaveRecord, Plan)> {
        let current = &self.state.plan;
        let started = self.state.waves.len() + 1;
        let may = current.mode == Mode::Level
            && started < self.state.options.max_waves as usize
            && !self.was_cut_short()
            && !self.state.runs.iter().all(|tracked| tracked.state == TrackState::NotNeeded);
        let over = goal::measured(&self.state)?.over;
        if !may || over <= current.asked.options.goal() {
            return None;
        }
        let snapshot = Snapshot::new(self.state.watch.nodes.clone()).ok()?;
        let next = plan(&snapshot, &current.asked.strategy, &current.asked.options).ok()?;
        let is_good = next.decision == Decision::Start
            && next.errors().next().is_none()
            && next.balance.after.over < over * WORTH
            && next.runs.iter().all(|run| self.state.watch.has_starts_left(&run.coordinator));
        let wave = WaveRecord {
            runs: current.runs.len(),
            disconnects: current.forecast.disconnects,
            moved: progress::status(&self.state).progress.moved,
            expected_s: current.forecast.duration_s,
            expected_over: current.balance.after.over,
            over,
        };
        is_good.then_some((wave, next))
    }

    /// Whether a run did not come to its own end. Somebody stopped it, or it crashed: no reason to
    /// start again.
    pub(super) fn was_cut_short(&self) -> bool {
        self.state.runs.iter().any(|tracked| tracked.is_cut_short)
    }

    /// Whether the balance is such that another wave may follow, once the clients are back.
    pub(super) fn may_need_wave(&self) -> bool {
        let is_level = self.state.plan.mode == Mode::Level;
        let goal = self.state.plan.asked.options.goal();
        is_level
            && !self.was_cut_short()
            && goal::measured(&self.state).is_some_and(|balance| balance.over > goal)
    }
}

/// The runs of the `next` wave, and those of the wave `before` of which a start is on its way, for all
/// that is known: it may arrive yet, and is ours.
fn with_strays(next: &Plan, before: &[TrackedRun]) -> Vec<TrackedRun> {
    let mut runs: Vec<TrackedRun> = next.runs.iter().map(TrackedRun::new).collect();
    for old in before.iter().filter(|tracked| tracked.was_doubted) {
        let is_same = |new: &&mut TrackedRun| {
            new.run.coordinator == old.run.coordinator && new.run.nodes == old.run.nodes
        };
        match runs.iter_mut().find(is_same) {
            Some(new) => new.was_doubted = true,
            None => runs.push(TrackedRun { state: TrackState::Gone, ..old.clone() }),
        }
    }
    runs
}

/// Why a plan must not start: after the last wave that `options` allow, its fullest node would be
/// fuller than it is now.
pub(super) fn ends_fuller(plan: &Plan, options: &DriverOptions) -> Option<Error> {
    let mut allowed = plan.waves.iter().take(options.max_waves as usize);
    let (before, last) = (plan.balance.before.over, allowed.next_back()?);
    (last.over > before).then(|| {
        let message = format!(
            "the fullest node would end {:.2} % over the mean, where it is {:.2} % over it now: \
             only a later wave mends that",
            last.over * 100.0,
            before * 100.0
        );
        Error::new(ErrorKind::Conflict, message)
            .with("max_waves", options.max_waves)
            .with("hint", "allow more waves, or force the start")
    })
}
