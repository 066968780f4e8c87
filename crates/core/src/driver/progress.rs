//! How far a plan is, measured rather than assumed.

use super::Driver;
use super::event::Event;
use super::outcome::{Outcome, Phase};
use super::state::{DriverState, Stage, TrackState};
use super::status::{Progress, RunView, Status, Unread, missing};
use super::tracked::TrackedRun;
use crate::balance::float;
use crate::emqx::RunState;
use crate::forecast::RunPhase;

/// The status of a driver's plan.
pub(super) fn status(state: &DriverState) -> Status {
    let outcome = outcome(state);
    let phase = outcome.map_or(Phase::Processing, |outcome| outcome.result.phase());
    Status {
        version: crate::snapshot::VERSION,
        phase: Some(phase),
        outcome: outcome.cloned(),
        wave: state.waves.len() + 1,
        runs: state.runs.iter().map(view).collect(),
        nodes: state.watch.nodes.clone(),
        progress: progress(state),
        missing: missing(&state.watch),
        unread: Unread::of(&state.watch),
    }
}

/// The verdict, once there is one.
pub(super) fn outcome(state: &DriverState) -> Option<&Outcome> {
    state.stage.outcome()
}

fn progress(state: &DriverState) -> Progress {
    let moved = moved(state);
    let to_move = state.plan.forecast.disconnects;
    let end = match state.stage {
        Stage::Done { at, .. } => at,
        _ => state.watch.now,
    };
    let elapsed_s = state.watch.began_at.map_or(0, |began| end.ms_since(began) / 1000);
    let wave_began = state.wave_began_at.or(state.watch.began_at);
    let in_wave_s = wave_began.map_or(0, |began| end.ms_since(began) / 1000);
    let is_complete = outcome(state).is_some_and(|outcome| outcome.result.is_success());
    let percent = match to_move {
        _ if is_complete => 100.0,
        0 => 0.0,
        _ => (float(moved) / float(to_move) * 100.0).min(100.0),
    };
    let eta_s = match state.stage {
        Stage::Done { .. } => None,
        _ => eta(state, moved, in_wave_s),
    };
    let expected = match state.stage {
        Stage::Following => expected(state),
        _ => None,
    };
    Progress { moved, moved_unknown: false, to_move, expected, percent, eta_s, elapsed_s }
}

/// Connections that the donors have lost since the baseline.
fn moved(state: &DriverState) -> u64 {
    let donors = state.donors();
    let lost =
        state.watch.baseline.iter().filter(|load| donors.contains(&load.node)).map(|before| {
            let now = state.watch.nodes.iter().find(|load| load.node == before.node);
            now.map_or(0, |now| before.connections.saturating_sub(now.connections))
        });
    lost.fold(0, u64::saturating_add)
}

/// Connections that the donors should have lost by now.
fn expected(state: &DriverState) -> Option<u64> {
    let began = state.started_at().unwrap_or(state.watch.now);
    expected_at(state, state.watch.now.ms_since(began) / 1000)
}

/// Connections that the donors should have lost so many seconds after the first start. `None` if the
/// state was stored without the forecast's curve, which is most of a large one.
fn expected_at(state: &DriverState, elapsed_s: u64) -> Option<u64> {
    if state.plan.forecast.curve.nodes.is_empty() {
        return None;
    }
    let donors = state.donors();
    let curves = state.plan.forecast.curve.nodes.iter().filter(|c| donors.contains(&c.node));
    let lost = curves.map(|curve| {
        let begin = curve.connections.first().copied().unwrap_or(0);
        let now = state.plan.forecast.curve.connections_at(curve, elapsed_s);
        begin.saturating_sub(now.unwrap_or(begin))
    });
    Some(lost.fold(0, u64::saturating_add))
}

impl Driver {
    /// Says once if the cluster and the forecast part by more than a few ticks can explain.
    pub(super) fn check_drift(&mut self) {
        let Some(began) = self.state.started_at() else { return };
        let elapsed_s = self.state.watch.now.ms_since(began) / 1000;
        let expected_at = |elapsed_s| expected_at(&self.state, elapsed_s);
        let (Some(earliest), Some(expected), Some(latest)) = (
            expected_at(elapsed_s.saturating_sub(SLACK_S)),
            expected_at(elapsed_s),
            expected_at(elapsed_s + SLACK_S),
        ) else {
            return;
        };
        let moved = moved(&self.state);
        let apart = float(earliest.saturating_sub(moved).max(moved.saturating_sub(latest)));
        if !self.state.has_drifted && apart > float(self.state.plan.forecast.disconnects) * DRIFT {
            self.state.has_drifted = true;
            self.state.watch.events.push(Event::Drifted { moved, expected });
        }
    }
}

/// Seconds left: what the forecast has left, with the evicting stretched to the measured pace.
fn eta(state: &DriverState, moved: u64, elapsed_s: u64) -> Option<u64> {
    let forecast = &state.plan.forecast;
    let mut phases = state.runs.iter().filter_map(|tracked| match tracked.state {
        TrackState::Running { phase, .. } => phase,
        _ => None,
    });
    let left = forecast.duration_s.saturating_sub(elapsed_s);
    if moved == 0 || !phases.any(|phase| phase == RunPhase::EvictingConns) {
        return (left > 0).then_some(left);
    }
    let waited = u64::from(state.runs.first()?.run.strategy.wait_health_check);
    let evicting_s = elapsed_s.saturating_sub(waited).max(1);
    let to_move = forecast.disconnects.saturating_sub(moved);
    let evicting_left = (float(to_move) * float(evicting_s) / float(moved)).ceil();
    let after = forecast.duration_s.saturating_sub(waited.saturating_add(forecast.conn_evict_s));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ratio of counts: positive; saturates"
    )]
    let evicting_left = evicting_left as u64;
    Some(evicting_left.saturating_add(after))
}

fn view(tracked: &TrackedRun) -> RunView {
    let run = &tracked.run;
    let state = match &tracked.state {
        TrackState::Pending => RunState::Other("pending".to_owned()),
        TrackState::Asked | TrackState::Doubtful { .. } => RunState::Other("starting".to_owned()),
        TrackState::Running { phase: Some(phase), .. } => RunState::Phase(*phase),
        TrackState::Running { phase: None, .. } => RunState::Other("starting".to_owned()),
        TrackState::Gone => RunState::Other("gone".to_owned()),
        TrackState::NotNeeded => RunState::Other("not_needed".to_owned()),
        TrackState::Refused => RunState::Other("refused".to_owned()),
    };
    RunView {
        coordinator: run.coordinator.clone(),
        state,
        donors: run.donors.clone(),
        recipients: run.recipients.clone(),
        conn_evict_rate: Some(run.strategy.conn_evict_rate.get().into()),
        sess_evict_rate: Some(run.strategy.sess_evict_rate.get().into()),
    }
}

/// Share of what a plan moves by which the cluster may part from the forecast unremarked.
const DRIFT: f64 = 0.2;
/// Seconds by which EMQX's ticks, our polls and the forecast may be out of step.
const SLACK_S: u64 = 2;
