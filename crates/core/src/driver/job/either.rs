//! What a driver asks of its job, whichever it is.

use super::JobState;
use super::evacuation::{absence_ms, is_prohibiting};
use super::goal::Goal;
use super::rebalance::is_as_planned;
use crate::driver::event::Event;
use crate::driver::guard::Guard;
use crate::driver::outcome::{Outcome, OutcomeKind};
use crate::driver::poll::Poll;
use crate::driver::stage::EndReason;
use crate::driver::state::{DriverState, each_once};
use crate::driver::track::Track;
use crate::driver::verdict::{Verdict, listed};
use crate::emqx::{GlobalStatus, RunState};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::reconnect::ReconnectProfile;
use crate::snapshot::NodeStatus;

impl DriverState {
    /// The goal, of a rebalance.
    pub(super) fn goal(&self) -> Option<Goal<'_>> {
        match &self.job {
            JobState::Rebalance(job) => Some(Goal { job, state: self }),
            JobState::Evacuation(_) => None,
        }
    }

    /// How clients come back, as far as the plan was told.
    pub(in crate::driver) fn profile(&self) -> Option<ReconnectProfile> {
        match &self.job {
            JobState::Rebalance(job) => job.plan.asked.options.told_profile(),
            JobState::Evacuation(job) => job.plan.asked.options.told_profile(),
        }
    }

    /// The nodes that take part, each once.
    pub(in crate::driver) fn nodes(&self) -> Vec<NodeName> {
        match &self.job {
            JobState::Rebalance(job) => Goal { job, state: self }.plan_nodes(),
            JobState::Evacuation(job) => each_once(job.nodes()),
        }
    }

    /// The nodes whose counts tell of movement.
    pub(in crate::driver) fn counted(&self) -> Vec<NodeName> {
        match &self.job {
            JobState::Rebalance(_) => self.nodes(),
            JobState::Evacuation(job) => vec![job.plan.node().clone()],
        }
    }

    /// The nodes that clients are sent to.
    pub(in crate::driver) fn recipients(&self) -> Vec<NodeName> {
        match &self.job {
            JobState::Rebalance(job) => Goal { job, state: self }.recipients(),
            JobState::Evacuation(job) => job.plan.clients_to.clone(),
        }
    }

    /// Connections to move.
    pub(in crate::driver) fn to_move(&self) -> u64 {
        let forecast = self.job.forecast().disconnects;
        let JobState::Evacuation(job) = &self.job else { return forecast };
        let mut baseline = self.watch.baseline.iter();
        let load = baseline.find(|load| load.node == *job.plan.node());
        load.map_or(forecast, |load| load.connections)
    }

    /// Seconds to the end, `elapsed_s` after the wave began.
    pub(in crate::driver) fn eta(&self, moved: u64, elapsed_s: u64) -> Option<u64> {
        match &self.job {
            JobState::Rebalance(job) => Goal { job, state: self }.eta(moved, elapsed_s),
            JobState::Evacuation(job) => job.eta(self, elapsed_s),
        }
    }

    /// Why nothing may start beside the evacuation of `node`, which goes on already.
    pub(in crate::driver) fn objection_to_evacuation(
        &self,
        node: &NodeName,
    ) -> Option<&'static str> {
        match &self.job {
            JobState::Rebalance(_) => self
                .nodes()
                .contains(node)
                .then_some("a node of the plan is being evacuated: stop that, or leave it out"),
            JobState::Evacuation(job) => (job.plan.node() == node)
                .then_some("the node is being evacuated already: watch that, or stop it first"),
        }
    }

    /// Whether the evacuation of `node` is somebody else's and does harm to what goes on.
    pub(in crate::driver) fn is_harmed_by_evacuation(&self, node: &NodeName) -> bool {
        match &self.job {
            JobState::Rebalance(_) => self.nodes().contains(node),
            JobState::Evacuation(job) => job.plan.node() != node && !job.others.contains(node),
        }
    }

    /// Takes note of the evacuations that went on before ours.
    pub(in crate::driver) fn see_before(&mut self, status: &GlobalStatus) {
        if let JobState::Evacuation(job) = &mut self.job {
            job.others = status.evacuated().cloned().collect();
        }
    }

    /// Takes note of a node that is down, or has answered a stop.
    pub(in crate::driver) fn hear(&mut self, is_down: Option<bool>, has_answered: bool) {
        if let JobState::Evacuation(job) = &mut self.job {
            job.hear(self.watch.now, is_down, has_answered);
        }
    }

    /// Whether a poll that does not show what was started says anything: EMQX is silent about a node that
    /// is down or boots. `is_down` is known if the nodes were read too.
    pub(in crate::driver) fn may_miss(&self, is_down: Option<bool>) -> bool {
        match &self.job {
            JobState::Rebalance(_) => true,
            JobState::Evacuation(job) => is_down.is_some() && !job.is_away(self.watch.now),
        }
    }

    /// Milliseconds that polls must span which do not show `track`, to mean something.
    pub(in crate::driver) fn absence_ms(&self, track: &Track) -> u64 {
        match &self.job {
            JobState::Rebalance(_) => 0,
            JobState::Evacuation(_) => absence_ms(track),
        }
    }

    /// Whether a start in doubt would do what was planned.
    pub(in crate::driver) fn is_as_planned(&self, track: &Track) -> bool {
        track.run().is_none_or(|run| is_as_planned(run, &self.watch.nodes))
    }

    /// Whether a run that is gone now did not come to its own end.
    pub(in crate::driver) fn would_be_cut_short(&self, track: &Track) -> bool {
        self.goal().is_some_and(|goal| goal.would_be_cut_short(track))
    }

    /// Whether run number `i` is not where EMQX would have left it.
    pub(in crate::driver) fn is_short(&self, i: usize) -> bool {
        let track = self.runs.get(i);
        self.goal().zip(track).is_some_and(|(goal, track)| goal.missing_of_run(track).is_some())
    }

    /// Whether EMQX is to move something in this state.
    pub(in crate::driver) fn is_evicting(&self, shown: &RunState) -> bool {
        let evicting = [RunPhase::EvictingConns, RunPhase::EvictingSessions];
        shown.phase().is_some_and(|phase| evicting.contains(&phase)) || is_prohibiting(shown)
    }

    /// Why it is done while EMQX goes on, if it is.
    pub(in crate::driver) fn done(&mut self, poll: &Poll) -> Option<String> {
        let JobState::Evacuation(job) = &mut self.job else { return None };
        let shown = self.runs.first().and_then(|track| track.shown.as_ref());
        job.emptied(&self.watch, &self.options, shown, poll)
    }

    /// Whether the last poll shows it at its end, and another one has yet to confirm that.
    pub(in crate::driver) fn may_be_over(&self) -> bool {
        matches!(&self.job, JobState::Evacuation(job) if job.empty_since.is_some())
    }

    /// Says once how the cluster and the forecast part.
    pub(in crate::driver) fn drift(&mut self) -> Option<Event> {
        let goal = self.goal().filter(|goal| goal.job.piloting().is_none())?;
        let drift = goal.drift()?;
        if let JobState::Rebalance(job) = &mut self.job {
            job.has_drifted = true;
        }
        Some(drift)
    }

    /// The nodes whose counts the verdict rests on and that are not known, and those that something of
    /// ours may be hidden with.
    pub(in crate::driver) fn not_known(&self, poll: &Poll) -> Vec<NodeName> {
        let judged = match &self.job {
            JobState::Rebalance(job) => {
                let goal = Goal { job, state: self };
                [goal.promised_nodes(), goal.plan_nodes()].concat()
            }
            JobState::Evacuation(job) => vec![job.plan.node().clone()],
        };
        let unknown = self.watch.nodes.iter().filter(|load| load.status == NodeStatus::Unknown);
        let unknown = unknown.map(|load| &load.node).filter(|node| judged.contains(node));
        let begun = self.runs.iter().filter(|track| track.was_started());
        let unheard = poll
            .status
            .iter()
            .flat_map(|status| begun.clone().flat_map(|track| track.unheard(status)));
        each_once(unknown.chain(unheard))
    }

    /// What a rebalance has not reached of its goal, in words.
    pub(in crate::driver) fn missing_of_goal(&self) -> Option<String> {
        self.goal()?.missing()
    }

    /// Whether a settled cluster can only stay as it is.
    pub(in crate::driver) fn is_final(&self, verdict: &Verdict<'_>) -> bool {
        self.goal().is_none_or(|goal| goal.is_final(verdict))
    }

    /// Whether `why` is a pause rather than an end: clients do not come back, which may be slow or lost.
    /// Once it is known, another wave may follow.
    pub(in crate::driver) fn is_pause(&self, why: &EndReason) -> bool {
        let is_missing = matches!(why, EndReason::Guarded { guard: Guard::ClientsMissing, .. });
        is_missing && self.goal().is_some_and(Goal::may_have_wave)
    }

    /// When a start was refused that is not needed, since the goal is reached.
    pub(in crate::driver) fn good_enough(&self, verdict: &Verdict<'_>) -> Option<String> {
        self.goal()?.good_enough(verdict)
    }

    /// The verdict of what is gone by itself.
    pub(in crate::driver) fn natural(&self, verdict: &Verdict<'_>) -> (OutcomeKind, String) {
        match &self.job {
            JobState::Rebalance(job) => Goal { job, state: self }.verdict(verdict),
            JobState::Evacuation(job) => job.verdict(self, verdict),
        }
    }

    /// That nothing moves, in words.
    pub(in crate::driver) fn stalled(&self, idle_s: u64) -> String {
        match &self.job {
            JobState::Rebalance(_) => {
                format!("no count moved for {idle_s} s while a run was evicting")
            }
            JobState::Evacuation(job) => job.stalled(idle_s),
        }
    }

    /// What is left to do for people, to be added to a verdict.
    pub(in crate::driver) fn left_to_do(&self, verdict: &Verdict<'_>) -> String {
        match &self.job {
            JobState::Evacuation(job) => job.left_to_do(self, verdict).to_owned(),
            JobState::Rebalance(_) if verdict.lives => {
                "; EMQX did not confirm the stop: look at its status".to_owned()
            }
            JobState::Rebalance(_) if !verdict.donors.closed.is_empty() => {
                format!("; still closed to clients: {}", listed(&verdict.donors.closed))
            }
            JobState::Rebalance(_)
                if *verdict.why == EndReason::Gone || self.is_pause(verdict.why) =>
            {
                self.goal().and_then(Goal::held_back).unwrap_or_default()
            }
            JobState::Rebalance(_) => String::new(),
        }
    }

    /// An outcome with the balance as measured. Its sentence says how many clients are missing, as far
    /// as that is known.
    pub(in crate::driver) fn outcome_of(&self, result: OutcomeKind, mut detail: String) -> Outcome {
        let levelled = match &self.job {
            JobState::Rebalance(job) => Goal { job, state: self }.promised_nodes(),
            JobState::Evacuation(job) => job.plan.clients_to.clone(),
        };
        let clients = self.watch.clients();
        let could_read = self.watch.silence.is_none() && !self.watch.nodes.is_empty();
        if let Some(told) = clients.told().filter(|_| could_read) {
            detail.push_str("; ");
            detail.push_str(&told);
        }
        let is_known = could_read && clients.unknown.is_empty();
        let are_missing = is_known && clients.missing() > 0;
        let since = self.watch.missing_since().filter(|_| are_missing);
        if let Some(since) = since {
            let for_s = self.watch.now.ms_since(since) / 1000;
            detail.push_str(&format!(", most of them for {for_s} s"));
        }
        Outcome {
            result,
            detail,
            balance: self.watch.balance_of(&levelled),
            missing: is_known.then(|| clients.missing()),
            missing_since_ms: since.map(|since| self.watch.clock.to_host(since).as_ms()),
            unknown: clients.unknown,
            read_at_ms: self.watch.nodes.iter().filter_map(|load| load.read_at_ms).max(),
            unchecked: Vec::new(),
            guard: None,
            cause: None,
        }
    }
}
