//! What only a rebalance does: runs that may have come and gone, a forecast to part from, a goal to miss.

use super::goal::Goal;
use crate::driver::event::Event;
use crate::driver::outcome::OutcomeKind;
use crate::driver::progress::{expected_at, moved};
use crate::driver::state::DriverState;
use crate::driver::track::{Track, TrackState};
use crate::driver::verdict::{Verdict, listed};
use crate::forecast::RunPhase;
use crate::number::float;
use crate::plan::split::Split;
use crate::plan::{Decision, Run};
use crate::snapshot::NodeLoad;

/// Whether EMQX found nothing to balance, wherever it was asked.
pub(super) fn was_needless(state: &DriverState) -> bool {
    state.runs.iter().all(|track| track.state == TrackState::NotNeeded)
}

/// Whether a run did not come to its own end. Somebody stopped it, or it crashed: no reason to
/// start again.
pub(super) fn was_cut_short(state: &DriverState) -> bool {
    state.runs.iter().any(|track| track.is_cut_short && !track.was_told)
}

/// Whether the nodes of a run in doubt are as they were when it was planned: EMQX would make the
/// same nodes donors and still find something to do. If not, the run came and went unseen, and
/// starting it again would move clients back.
pub(super) fn is_as_planned(run: &Run, nodes: &[NodeLoad]) -> bool {
    let nodes: Vec<&NodeLoad> =
        nodes.iter().filter(|load| run.nodes.contains(&load.node)).collect();
    let split = Split::of(&nodes);
    split.donors.iter().all(|load| run.donors.contains(&load.node))
        && split.recipients.iter().all(|load| run.recipients.contains(&load.node))
        && split.decide(&run.strategy) == Decision::Start
}

impl Goal<'_> {
    /// Whether a run that is gone now did not come to its own end: it was last seen before its
    /// evicting was over, and its averages are not within its thresholds.
    pub(super) fn would_be_cut_short(self, track: &Track) -> bool {
        let is_through = matches!(
            track.state,
            TrackState::Running { phase: Some(phase), .. } if phase >= RunPhase::WaitTakeover
        );
        !is_through && self.missing_of_run(track).is_some()
    }

    /// Whether a settled cluster is a verdict: only one that has not reached its goal yet may still do so.
    pub(super) fn is_final(self, verdict: &Verdict<'_>) -> bool {
        verdict.missing.is_none() && verdict.are_back
            || was_needless(self.state)
            || was_cut_short(self.state)
    }

    /// How the cluster and the forecast part, once they do by more than a few ticks can explain.
    pub(super) fn drift(self) -> Option<Event> {
        let began = self.state.started_at()?;
        let elapsed_s = self.state.watch.now.ms_since(began) / 1000;
        let earliest = expected_at(self.state, elapsed_s.saturating_sub(SLACK_S))?;
        let expected = expected_at(self.state, elapsed_s)?;
        let latest = expected_at(self.state, elapsed_s + SLACK_S)?;
        let moved = moved(self.state);
        let apart = float(earliest.saturating_sub(moved).max(moved.saturating_sub(latest)));
        let is_far = apart > float(self.job.plan.forecast.disconnects) * DRIFT;
        (is_far && !self.job.has_drifted).then_some(Event::Drifted { moved, expected })
    }

    /// Seconds left: what the forecast has left, with the evicting stretched to the measured pace.
    pub(super) fn eta(self, moved: u64, elapsed_s: u64) -> Option<u64> {
        let forecast = &self.job.plan.forecast;
        let mut phases = self.state.runs.iter().filter_map(|track| track.state.phase());
        let left = forecast.duration_s.saturating_sub(elapsed_s);
        if moved == 0 || !phases.any(|phase| phase == RunPhase::EvictingConns) {
            return (left > 0).then_some(left);
        }
        let run = self.state.runs.first()?.run()?;
        let waited = u64::from(run.strategy.wait_health_check);
        let evicting_s = elapsed_s.saturating_sub(waited).max(1);
        let to_move = forecast.disconnects.saturating_sub(moved);
        let evicting_left = (float(to_move) * float(evicting_s) / float(moved)).ceil();
        let after =
            forecast.duration_s.saturating_sub(waited.saturating_add(forecast.conn_evict_s));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a ratio of counts: positive; saturates"
        )]
        let evicting_left = evicting_left as u64;
        Some(evicting_left.saturating_add(after))
    }

    /// What it comes to that `coordinator` did not start in a later wave, if the waves before it have
    /// reached the goal.
    pub(super) fn good_enough(self, verdict: &Verdict<'_>) -> Option<String> {
        let reached = verdict.missing.is_none() && verdict.are_back && verdict.unknown.is_empty();
        let is_settled =
            verdict.donors.closed.is_empty() && !verdict.lives && verdict.silent_s.is_none();
        let waves = self.job.waves.len();
        (waves > 0 && reached && is_settled).then(|| format!("in wave {}", waves + 1))
    }

    /// The verdict of runs that have ended by themselves.
    pub(super) fn verdict(self, verdict: &Verdict<'_>) -> (OutcomeKind, String) {
        let none_was_needed = was_needless(self.state);
        let is_first = self.job.waves.is_empty();
        if let (true, false, Some(missing)) = (none_was_needed, is_first, &verdict.missing) {
            let detail = format!("EMQX found nothing left to balance, but {missing}");
            return (OutcomeKind::Vanished, detail);
        }
        if none_was_needed && !is_first {
            let detail = "the runs ended, and EMQX found nothing left to balance";
            return (OutcomeKind::Completed, detail.to_owned());
        }
        if none_was_needed {
            let detail = "EMQX found nothing to balance: the counts have changed since the plan";
            return (OutcomeKind::AlreadyBalanced, detail.to_owned());
        }
        if let Some(silent_s) = verdict.silent_s {
            let detail = format!(
                "the cluster could not be read for {silent_s} s after the runs were gone, so nobody \
                 knows what they reached: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !verdict.unknown.is_empty() {
            let detail = format!(
                "the runs are gone, and nobody knows what they reached: {} did not answer: look at \
                 its status",
                listed(&verdict.unknown)
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !verdict.are_back && verdict.donors.closed.is_empty() {
            let detail = "the runs are gone, but clients that were dropped do not come back";
            return (OutcomeKind::Vanished, detail.to_owned());
        }
        match (&verdict.missing, verdict.donors.closed.is_empty()) {
            (None, true) => {
                (OutcomeKind::Completed, "the runs ended and the counts are within the goal".into())
            }
            (None, false) => {
                (OutcomeKind::Vanished, "the runs are gone, but not all donors serve again".into())
            }
            (Some(missing), _) => {
                let short = self.state.runs.iter().find(|track| track.is_cut_short);
                let who = short.map_or_else(String::new, |track| {
                    let coordinator = track.coordinator();
                    format!(" ({coordinator} was stopped by somebody, or crashed)")
                });
                (OutcomeKind::Vanished, format!("gone before reaching its goal{who}: {missing}"))
            }
        }
    }
}

/// Share of what a plan moves by which the cluster may part from the forecast unremarked.
const DRIFT: f64 = 0.2;
/// Seconds by which EMQX's ticks, our polls and the forecast may be out of step.
const SLACK_S: u64 = 2;
