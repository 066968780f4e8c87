//! Whether another wave is worth it.

use super::goal::Goal;
use super::rebalance::{was_cut_short, was_needless};
use crate::driver::progress::moved;
use crate::level::WORTH;
use crate::number::float;
use crate::plan::{Mode, Plan};

impl Goal<'_> {
    /// Whether another wave is allowed, whatever the counts.
    pub(super) fn may_have_wave(self) -> bool {
        self.job.plan.mode == Mode::Level
            && self.job.waves.len() + 1 < self.state.options.waves_of(self.job.promised())
            && !was_cut_short(self.state)
            && !was_needless(self.state)
    }

    /// Whether `next` is one of the groups that the first wave is in.
    fn is_group(self) -> bool {
        self.job.waves.len() + 1 < self.job.promised().groups
    }

    /// Whether `next` gains enough on a cluster that is `over` the mean: it costs as much time as it takes,
    /// and whoever named a goal wants to reach it.
    pub(super) fn is_worth_it(self, next: &Plan, over: f64) -> bool {
        if self.is_group() {
            return next.waves.last().is_some_and(|last| last.over < over);
        }
        let asked = &self.job.plan.asked.options;
        let nodes = self.promised_nodes();
        let loads = self.state.watch.nodes.iter().filter(|load| nodes.contains(&load.node));
        let clients: f64 = loads.map(|load| float(load.connections)).sum();
        let mean = clients / float(nodes.len() as u64).max(1.0);
        let gain = over - next.balance.after.over;
        let least = if asked.target_over.is_some() { 0.0 } else { LEAST_GAIN };
        next.balance.after.over < over * WORTH && gain > least && gain * mean > A_CLIENT_OR_TWO
    }

    /// Whether `next` would drop more clients than the user allows in all.
    pub(super) fn is_too_dear(self, next: &Plan) -> bool {
        let budget = self.state.options.disconnects_of(self.job.promised());
        self.dropped().saturating_add(next.forecast.disconnects) > budget
    }

    /// Clients dropped so far, in all waves.
    fn dropped(self) -> u64 {
        let waves = self.job.waves.iter().map(|wave| wave.moved);
        let pilot = self.job.pilot.map_or(0, |pilot| pilot.moved);
        waves.fold(moved(self.state).saturating_add(pilot), u64::saturating_add)
    }

    /// What kept a wave from beginning that was worth it, in words: the budget of disconnects.
    pub(super) fn held_back(self) -> Option<String> {
        let (_, next) = self.wave_worth_it().filter(|(_, next)| self.is_too_dear(next))?;
        Some(format!(
            "; another wave would bring the fullest node to {:.2} % over the mean, but {} clients were \
             dropped, and its {} more are too many for max_disconnects {}",
            next.balance.after.over * 100.0,
            self.dropped(),
            next.forecast.disconnects,
            self.state.options.max_disconnects
        ))
    }
}

/// A fullest node that ends this share of the mean closer to it is worth the time of another wave, which is
/// as long as the fleet takes to come back. On the judged clusters, 0.4 % takes half as long again where half
/// come back in 10 to 60 s, and ends 0.4 % closer.
const LEAST_GAIN: f64 = 0.008;
/// Nobody waits another minute for so few.
const A_CLIENT_OR_TWO: f64 = 2.5;
