//! A small part first, and then the rest as it has shown.

use super::JobState;
use super::goal::Goal;
use super::rebalance::{was_cut_short, was_needless};
use crate::balancer::LoadBalancer;
use crate::driver::drive::Driver;
use crate::driver::guard::Guard;
use crate::driver::outcome::OutcomeKind;
use crate::driver::progress::moved;
use crate::driver::state::DriverState;
use crate::forecast::RunPhase;
use crate::number::{float, whole};
use crate::plan::{Decision, Pilot, Plan, PlanOptions, plan};
use crate::reconnect::Learned;
use crate::snapshot::{NodeLoad, Snapshot};

impl Driver {
    /// Whether all of the pilot's clients are back, so that there is nothing more to see.
    pub(in crate::driver) fn pilot_has_shown(&self) -> bool {
        let phases = self.state.runs.iter().map(|track| track.state.phase());
        let has_dropped = phases.flatten().all(|phase| phase > RunPhase::EvictingConns);
        let watch = &self.state.watch;
        let are_back = watch.missing() <= i64::try_from(watch.few()).unwrap_or(i64::MAX);
        self.state.is_piloting()
            && has_dropped
            && watch.learned().is_some_and(|learned| are_back || learned.has_settled())
    }

    /// Goes on with the rest of the plan, made anew from what the pilot has shown. False if there is nothing
    /// left to do, or somebody stopped the pilot: no reason to start more.
    pub(in crate::driver) fn take_pilot(&mut self, is_gone: bool) -> bool {
        if is_gone && self.pilot_was_stopped() {
            self.state.runs.iter_mut().for_each(|track| track.is_cut_short = true);
            return false;
        }
        let Some(goal) = self.state.goal() else { return false };
        if let Some(lost) = goal.lost_by_pilot() {
            let mut outcome = self.state.outcome_of(OutcomeKind::Aborted, lost);
            outcome.guard = Some(Guard::ClientsMissing);
            self.end(outcome);
            return true;
        }
        if goal.policy() == Some(LoadBalancer::Sticky) {
            let detail = "the clients that were dropped to see how they come back went each to a node of \
                          its own: the load balancer is sticky, nothing stays level behind it, and the rest \
                          of the plan was not started";
            let outcome = self.state.outcome_of(OutcomeKind::Refused, detail.to_owned());
            self.end(outcome);
            return true;
        }
        let (next, dropped) = (goal.after_pilot(), moved(&self.state));
        let JobState::Rebalance(job) = &mut self.state.job else { return false };
        if let Some(pilot) = &mut job.pilot {
            pilot.is_over = true;
            pilot.moved = dropped;
        }
        let Some(next) = next else { return false };
        let over = next.balance.before.over;
        self.begin_wave_of(next, over);
        true
    }
}

impl Driver {
    /// Whether a pilot that is gone, and that nobody here told to stop, went before its own time: EMQX keeps
    /// its nodes closed until that is over.
    fn pilot_was_stopped(&self) -> bool {
        let pilot = self.state.goal().and_then(|goal| goal.job.piloting());
        let least_ms = pilot.map_or(0, |pilot| pilot.most_s.saturating_mul(1000));
        let began = self.state.last_start_at().unwrap_or_default();
        let is_early = self.state.watch.now.ms_since(began) < least_ms;
        !was_needless(&self.state) && (is_early || was_cut_short(&self.state))
    }
}

impl DriverState {
    /// Whether the part that goes first is under way.
    pub(in crate::driver) fn is_piloting(&self) -> bool {
        self.goal().is_some_and(|goal| goal.job.piloting().is_some())
    }
}

impl Goal<'_> {
    /// The plan of the rest.
    fn after_pilot(self) -> Option<Plan> {
        let asked = &self.job.plan.asked;
        let learned = self.state.watch.learned().map(|learned| learned.profile);
        let told = learned.is_some();
        let options = PlanOptions {
            pilot: Pilot::Off,
            reconnect: learned.or_else(|| asked.options.reconnect.clone()),
            reconnect_delay_s: asked.options.reconnect_delay_s.filter(|_| !told),
            load_balancer: self.policy(),
            ..asked.options.clone()
        };
        let snapshot = Snapshot::new(self.state.watch.nodes.clone()).ok()?;
        let next = plan(&snapshot, &asked.strategy, &options).ok()?;
        let has_starts =
            next.runs.iter().all(|run| self.state.watch.has_starts_left(&run.coordinator));
        let is_good = next.decision == Decision::Start && next.errors().next().is_none();
        (is_good && has_starts).then_some(next)
    }

    /// The load balancer's policy, as told or as the clients of the pilot have shown.
    fn policy(self) -> Option<LoadBalancer> {
        let asked = self.job.plan.asked.options.load_balancer;
        if asked != Some(LoadBalancer::Auto) {
            return asked;
        }
        let watch = &self.state.watch;
        let donors = self.state.donors();
        let levelled = self.promised_nodes();
        let is_open =
            |load: &&NodeLoad| levelled.contains(&load.node) && !donors.contains(&load.node);
        let before = watch.baseline.iter().filter(is_open);
        let counts = before.filter_map(|before| {
            let now = watch.nodes.iter().find(|now| now.node == before.node)?;
            Some((before.connections, now.connections))
        });
        LoadBalancer::seen(&counts.collect::<Vec<_>>())
    }

    /// Why the rest must not start: as many of its clients would stay away as of the pilot's, which is more
    /// than the user allows.
    fn lost_by_pilot(self) -> Option<String> {
        let Learned { profile, clients, watched_s } = self.state.watch.learned()?;
        let limit = self.state.watch.clients().limit(&self.state.options);
        let rest = float(self.job.plan.forecast.disconnects);
        let lost = whole((rest * (1.0 - profile.comes())).round());
        (lost > limit).then(|| {
            format!(
                "of {clients} clients that were dropped to see how they come back, {:.0} % are back after \
                 {watched_s:.0} s; the rest of the plan was not started, since it would leave {lost} \
                 clients away, more than the {limit} that max_missing_percent allows",
                profile.back_by(watched_s) * 100.0
            )
        })
    }
}
