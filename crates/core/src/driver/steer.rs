//! Opens nodes by the counts.
//!
//! A level plan closes a recipient that is full enough until the emptier ones have caught up with it. EMQX opens
//! it by a timer that was set before the start: too early if clients come back later than was foreseen, too late
//! if they come sooner. So such a run is started with a longer timer, which opens the node if nobody drives any
//! more, and is stopped here: at once when the emptiest of the open nodes holds as many clients as the closed
//! one, else at the planned time if it holds what the forecast gives it by then, else when it does.
//!
//! Donors are left to EMQX. Its stop opens a node at once, and a donor that opens while clients are on their way
//! is filled by them: on the judged clusters, stopping those that have dropped enough costs more disconnects than
//! it saves, also where each is closed again by a run of one client (`docs/quality.md`).

use super::drive::Driver;
use super::event::Event;
use super::job::JobState;
use super::poll::Question;
use super::stage::Stage;
use super::state::DriverState;
use super::track::{Task, Track};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::number::float;
use crate::plan::{Plan, Run};
use crate::snapshot::NodeStatus;
use crate::units::Timestamp;
use std::collections::BTreeSet;

/// The runs of `plan` as EMQX is asked for them: those that only keep a recipient closed with a longer timer.
pub(super) fn tracks(plan: &Plan) -> Vec<Track> {
    let asked = |run: &Run| {
        let mut run = run.clone();
        if is_cordon(plan, &run) {
            run.strategy.wait_takeover = run.strategy.wait_takeover.saturating_add(BACKSTOP_S);
        }
        Track::new(Task::Run(run))
    };
    plan.runs.iter().map(asked).collect()
}

/// Whether `run` only keeps a node closed that is to gain clients, and the plan says until when.
fn is_cordon(plan: &Plan, run: &Run) -> bool {
    run.donors.iter().all(|node| plan.recipients.contains(node)) && opens_at_s(plan, run).is_some()
}

/// When `plan` opens the node that `run` closes, in seconds from the first start.
fn opens_at_s(plan: &Plan, run: &Run) -> Option<u64> {
    let [node] = run.donors.as_slice() else { return None };
    plan.moves.iter().find(|step| step.node == *node)?.reopens_at_s
}

impl Driver {
    /// Opens the nodes that are to take clients again.
    pub(super) fn open_what_is_due(&mut self) {
        let due: Vec<usize> =
            self.state.steering().map(|steering| steering.due().collect()).unwrap_or_default();
        for i in due {
            let Some(track) = self.state.runs.get_mut(i) else { continue };
            let node = track.coordinator().clone();
            self.state.watch.events.push(Event::Opening { node });
            self.state.watch.ask(track.task.stop(), Question::Stop(i));
            track.was_told = true;
        }
    }

    /// When the next node is to be opened by the plan, if that is still to come.
    pub(super) fn next_opening(&self) -> Option<Timestamp> {
        let steering = self.state.steering()?;
        let now = self.state.watch.now;
        let moments = steering.closed().filter_map(|(_, run)| steering.opens_at(run));
        moments.filter(|at| *at > now).min()
    }
}

impl DriverState {
    /// The wave, as far as it can be steered.
    fn steering(&self) -> Option<Steering<'_>> {
        let JobState::Rebalance(job) = &self.job else { return None };
        let is_steered = self.stage == Stage::Following && job.piloting().is_none();
        let began = self.started_at().filter(|_| is_steered)?;
        Some(Steering { state: self, plan: &job.plan, began })
    }
}

/// A wave whose runs have been started.
struct Steering<'a> {
    state: &'a DriverState,
    plan: &'a Plan,
    began: Timestamp,
}

impl<'a> Steering<'a> {
    /// The numbers of the runs whose nodes are to take clients again.
    fn due(&self) -> impl Iterator<Item = usize> {
        let open = self.open();
        let due = |(i, run): (usize, &Run)| self.is_due(run, &open).then_some(i);
        self.closed().filter_map(due).collect::<Vec<_>>().into_iter()
    }

    /// The runs that do nothing but keep a recipient closed and were not told to stop, with their numbers.
    fn closed(&self) -> impl Iterator<Item = (usize, &'a Run)> {
        let tracks = self.state.runs.iter().enumerate();
        let waits =
            |track: &&Track| track.state.phase() == Some(RunPhase::WaitTakeover) && !track.was_told;
        tracks.filter_map(move |(i, track)| {
            let run = Some(track).filter(waits)?.run()?;
            self.is_held(run).then_some((i, run))
        })
    }

    /// Whether `run` was started with a longer timer than the plan's.
    fn is_held(&self, run: &Run) -> bool {
        let mut planned = self.plan.runs.iter();
        planned.find(|planned| planned.coordinator == run.coordinator).is_some_and(|planned| {
            is_cordon(self.plan, planned)
                && planned.strategy.wait_takeover < run.strategy.wait_takeover
        })
    }

    fn opens_at(&self, run: &Run) -> Option<Timestamp> {
        opens_at_s(self.plan, run).map(|seconds| self.began.plus_ms(seconds * 1000 + TICK_LAG_MS))
    }

    /// Whether the node of `run` is to take clients again, where `open` do.
    fn is_due(&self, run: &Run, open: &BTreeSet<&NodeName>) -> bool {
        let is_time = self.opens_at(run).is_none_or(|at| self.state.watch.now >= at);
        match self.level(open).zip(self.clients(run)) {
            // Who does not know opens as planned.
            None => is_time,
            Some((level, held)) => {
                let wanted = self.planned_level(run, open).map_or(held, |level| level.min(held));
                level >= held || is_time && float(level) >= float(wanted) * NEARLY
            }
        }
    }

    /// The nodes to be levelled that take clients.
    fn open(&self) -> BTreeSet<&'a NodeName> {
        let live = self.state.runs.iter().filter(|track| track.is_live() && !track.is_stopped);
        let closed: BTreeSet<&NodeName> = live.flat_map(Track::donors).collect();
        self.plan
            .moves
            .iter()
            .map(|step| &step.node)
            .filter(|node| !closed.contains(node))
            .collect()
    }

    /// Clients of the emptiest of `open`, as far as it was seen lately.
    fn level(&self, open: &BTreeSet<&NodeName>) -> Option<u64> {
        let watch = &self.state.watch;
        let is_fresh = watch.now.ms_since(watch.seen_at) <= FRESH_MS;
        let loads = watch.nodes.iter().filter(|load| load.status == NodeStatus::Running);
        let counts = loads.filter(|load| open.contains(&load.node)).map(|load| load.connections);
        counts.min().filter(|_| is_fresh)
    }

    /// Clients of the node that `run` closes.
    fn clients(&self, run: &Run) -> Option<u64> {
        let mut loads = self.state.watch.nodes.iter();
        let load = loads.find(|load| run.donors.contains(&load.node))?;
        load.known_connections()
    }

    /// What the emptiest of `open` holds by the forecast when the node of `run` opens. `None` if the state was
    /// stored without the forecast's curve.
    fn planned_level(&self, run: &Run, open: &BTreeSet<&NodeName>) -> Option<u64> {
        let (curve, at_s) = (&self.plan.forecast.curve, opens_at_s(self.plan, run)?);
        let nodes = curve.nodes.iter().filter(|node| open.contains(&node.node));
        nodes.filter_map(|node| curve.connections_at(node, at_s)).min()
    }
}

/// Seconds by which EMQX's own timer opens a node later than planned. Judgement: a fleet of which half comes back
/// after 10 to 60 s has come back by then; if nobody drives any more, a node stays a minute emptier.
const BACKSTOP_S: u32 = 60;
/// Share of the forecast that counts as reached: clients of the last second or two are in nobody's count yet.
/// On the judged clusters, at 0.85 fleets that were told wrongly end over again.
const NEARLY: f64 = 0.95;
/// Counts that are older say nothing of where the others are.
const FRESH_MS: u64 = 3000;
/// Coordinators tick up to 0.2 s after their start's whole second.
const TICK_LAG_MS: u64 = 100;
