//! Plans again from fresh counts when one wave has not levelled the cluster.
//!
//! A random balancer deals unevenly, clients come and go: what one set of runs leaves, the next one
//! mends, as long as it gains enough to be worth its disconnects.

use super::JobState;
use super::goal::Goal;
use crate::driver::drive::Driver;
use crate::driver::event::Event;
use crate::driver::progress::moved;
use crate::driver::record::WaveRecord;
use crate::driver::stage::Stage;
use crate::driver::steer;
use crate::driver::track::{Track, TrackState};
use crate::plan::{Decision, Plan, PlanOptions, plan};
use crate::reconnect::Learned;
use crate::snapshot::Snapshot;

impl Driver {
    /// Begins another wave if it is allowed, needed and worth it.
    pub(in crate::driver) fn begin_next_wave(&mut self) -> bool {
        let Some((wave, next)) = self.state.goal().and_then(Goal::next_wave) else { return false };
        let JobState::Rebalance(job) = &mut self.state.job else { return false };
        job.waves.push(wave);
        self.begin_wave_of(next, wave.over);
        true
    }

    /// Begins with `next` in place of the present plan, on a cluster that is `over` the mean.
    pub(super) fn begin_wave_of(&mut self, next: Plan, over: f64) {
        let state = &mut self.state;
        let expected = next.balance.after.over;
        let reconnects = state.watch.learned().map(Learned::seen);
        state.watch.events.push(Event::NextWave { over, expected, reconnects });
        let JobState::Rebalance(job) = &mut state.job else { return };
        state.watch.begin_wave();
        state.runs = with_strays(&next, &state.runs);
        state.stage = Stage::Starting;
        let mut last = std::mem::replace(&mut job.plan, next);
        last.abridge();
        job.promised.get_or_insert_with(|| Box::new(last));
        job.wave_began_at = Some(state.watch.now);
        job.has_drifted = false;
    }
}

impl Goal<'_> {
    /// The options of the plan, with the reconnect profile that was learned where none was told, or one
    /// that is plainly another.
    fn options_as_learned(self) -> PlanOptions {
        let asked = &self.job.plan.asked.options;
        let told = asked.told_profile();
        let is_better = |learned: &Learned| {
            told.as_ref().is_none_or(|told| {
                learned.clients >= TELLING && learned.profile.apart(told) > PLAINLY_ANOTHER
            })
        };
        match self.state.watch.learned().filter(is_better) {
            Some(learned) => PlanOptions {
                reconnect: Some(learned.profile),
                reconnect_delay_s: None,
                ..asked.clone()
            },
            None => asked.clone(),
        }
    }

    /// The wave that is over, and the plan of the next one, if that is allowed, needed and worth it.
    fn next_wave(self) -> Option<(WaveRecord, Plan)> {
        self.wave_worth_it().filter(|(_, next)| !self.is_too_dear(next))
    }

    /// The same, whatever it costs.
    pub(super) fn wave_worth_it(self) -> Option<(WaveRecord, Plan)> {
        let current = &self.job.plan;
        let watch = &self.state.watch;
        let over = watch.balance_of(&self.promised_nodes())?.over;
        if !self.may_have_wave() || over <= current.asked.options.goal() {
            return None;
        }
        let snapshot = Snapshot::new(watch.nodes.clone()).ok()?;
        let options = self.options_as_learned();
        let next = plan(&snapshot, &current.asked.strategy, &options).ok()?;
        let is_good = next.decision == Decision::Start
            && next.errors().next().is_none()
            && self.is_worth_it(&next, over)
            && next.runs.iter().all(|run| watch.has_starts_left(&run.coordinator));
        let wave = WaveRecord {
            runs: current.runs.len(),
            disconnects: current.forecast.disconnects,
            moved: moved(self.state),
            expected_s: current.forecast.duration_s,
            expected_over: current.balance.after.over,
            over,
        };
        is_good.then_some((wave, next))
    }
}

/// The runs of the `next` wave, and those of the wave `before` of which a start is on its way, for all
/// that is known: it may arrive yet, and is ours.
fn with_strays(next: &Plan, before: &[Track]) -> Vec<Track> {
    let mut runs = steer::tracks(next);
    for old in before.iter().filter(|track| track.was_doubted) {
        let nodes = |track: &Track| track.run().map(|run| run.nodes.clone());
        let is_same =
            |new: &&mut Track| new.coordinator() == old.coordinator() && nodes(new) == nodes(old);
        match runs.iter_mut().find(is_same) {
            Some(new) => new.was_doubted = true,
            None => runs.push(Track { state: TrackState::Gone, ..old.clone() }),
        }
    }
    runs
}

/// Clients that contradict what was told, if they do: fewer may be chance.
const TELLING: u64 = 200;
/// Shares that lie so far apart are no chance any more.
const PLAINLY_ANOTHER: f64 = 0.15;
