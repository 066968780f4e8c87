//! Starts an evacuation, follows it to the empty node and finds the verdict.

use super::plan::EvacuationPlan;
use super::state::EvacuatorState;
use super::{ending, progress};
use crate::driver::machine::Machine;
use crate::driver::poll::Poll;
use crate::driver::state::Stage;
use crate::driver::track::TrackState;
use crate::driver::watch::Watch;
use crate::driver::{
    Answer, DriverOptions, Guard, Input, Outcome, OutcomeKind, Purpose, Record, Status, Step,
};
use crate::error::{Error, ErrorKind, Result};
use crate::job::JobPlan;
use crate::units::Timestamp;

/// Drives the evacuation of one node to its verdict, by the same protocol as
/// [`crate::driver::Driver`].
///
/// After `completed` the node is empty and **stays closed** until its evacuation is stopped; after
/// anything else it was told to serve again.
#[derive(Clone, Debug)]
pub struct Evacuator {
    pub(super) state: EvacuatorState,
}

impl Evacuator {
    /// A driver for `plan`.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn new(plan: EvacuationPlan, options: DriverOptions, force: bool) -> Result<Self> {
        if let (Some(finding), false) = (plan.errors().next(), force) {
            return Err(Error::new(ErrorKind::Conflict, finding.message.clone())
                .with("hint", "change the plan, or force the start"));
        }
        Ok(Self { state: EvacuatorState::new(plan, options) })
    }

    /// The same, with who asks for it and why in its state.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.state.purpose = purpose;
        self
    }

    /// Goes on from a stored state, after the process that stored it is gone.
    pub fn restore(state: EvacuatorState) -> Self {
        Self { state: state.after_restart() }
    }

    /// Everything the driver knows. Store it before sending a step's requests.
    pub fn state(&self) -> &EvacuatorState {
        &self.state
    }

    /// Where the evacuation stands, as a run whose only donor is the node.
    pub fn status(&self) -> Status {
        progress::status(&self.state)
    }

    /// The verdict, once there is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.state.stage.outcome()
    }

    /// What is worth keeping, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        let Stage::Done { outcome, at, .. } = &self.state.stage else { return None };
        let mut plan = self.state.plan.clone();
        plan.forecast.curve.abridge();
        Some(Record {
            version: crate::snapshot::VERSION,
            began_at: self.state.watch.began_at.unwrap_or(*at),
            ended_at: *at,
            purpose: self.state.purpose.clone(),
            expected_s: plan.forecast.duration_s,
            plan: JobPlan::Evacuation(Box::new(plan)),
            waves: Vec::new(),
            nodes: self.state.watch.nodes.clone(),
            moved: self.status().progress.moved,
            outcome: outcome.clone(),
        })
    }

    /// Takes one input and returns everything that follows from it, as
    /// [`crate::driver::Driver::step`] does.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        self.advance(now, input)
    }
}

impl Machine for Evacuator {
    fn watch(&self) -> &Watch {
        &self.state.watch
    }

    fn watch_mut(&mut self) -> &mut Watch {
        &mut self.state.watch
    }

    fn stage(&self) -> &Stage {
        &self.state.stage
    }

    fn stage_mut(&mut self) -> &mut Stage {
        &mut self.state.stage
    }

    fn options(&self) -> &DriverOptions {
        &self.state.options
    }

    fn expected_s(&self) -> (u64, Timestamp) {
        let watch = &self.state.watch;
        let since = watch.starts.last().map_or(watch.now, |start| start.at);
        (self.state.plan.forecast.duration_s, since)
    }

    fn take_start(&mut self, _: usize, answer: Result<Answer>) {
        self.take_start_answer(answer);
    }

    fn start_next(&mut self) {
        self.send_start();
    }

    fn forget_misses(&mut self) {
        self.state.track.forget_misses();
    }

    fn is_in_doubt(&self) -> bool {
        matches!(self.state.track, TrackState::Doubtful { .. })
    }

    fn may_be_over(&self) -> bool {
        self.state.empty_since.is_some()
    }

    fn open_poll(&mut self) {
        self.ask_what_the_stage_needs();
    }

    fn close_poll(&mut self) {
        self.conclude_poll();
    }

    fn harm(&self, poll: &Poll) -> Option<(Guard, String)> {
        self.trouble(poll)
    }

    fn outcome_of(&self, result: OutcomeKind, detail: String) -> Outcome {
        ending::outcome(&self.state, result, detail)
    }
}
