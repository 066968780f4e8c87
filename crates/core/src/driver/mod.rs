//! Starts a plan's runs, follows each to its end and finds the verdict that EMQX does not give.
//!
//! A driver does no IO: it is told the time and what EMQX answered, and says what to send next.
//! [`Driver::step`] is the whole protocol. Its state is a value; store it and another process goes
//! on from there. EMQX ends every run by itself, so the cluster is safe if nobody ever does.

mod ask;
mod ending;
mod event;
mod follow;
mod goal;
pub(crate) mod guard;
mod observe;
mod options;
mod outcome;
mod progress;
mod record;
mod start;
pub(crate) mod state;
mod status;
pub(crate) mod watch;
mod wave;

pub use ask::{Answer, Ask, Input, Request, RequestId};
pub use event::Event;
pub use guard::Guard;
pub use observe::observe;
pub use options::DriverOptions;
pub use outcome::{Cause, Outcome, OutcomeKind, Phase};
pub use record::{Purpose, Record};
pub use state::DriverState;
pub use status::{Progress, RunView, Status};
pub use wave::WaveRecord;

use crate::emqx::StartAnswer;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Decision, Plan};
use crate::units::Timestamp;
use state::{EndReason, Stage};
use watch::mismatch;

/// Drives one plan to its verdict.
#[derive(Clone, Debug)]
pub struct Driver {
    state: DriverState,
}

/// The whole answer to one [`Driver::step`].
#[derive(Debug)]
#[must_use = "requests are lost if dropped"]
pub struct Step {
    /// To send, in this order; a start must be answered before the next one is sent, so there is at
    /// most one.
    pub requests: Vec<Request>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Step again no later than this; `None` once there is a verdict.
    pub wake_at: Option<Timestamp>,
}

impl Driver {
    /// A driver for `plan`.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn new(plan: Plan, options: DriverOptions, force: bool) -> Result<Self> {
        if let (Some(finding), false) = (plan.errors().next(), force) {
            return Err(Error::new(ErrorKind::Conflict, finding.message.clone())
                .with("hint", "change the plan, or force the start"));
        }
        Ok(Self::from_state(DriverState::new(plan, options)))
    }

    /// Goes on from a stored state, after the process that stored it is gone.
    pub fn restore(state: DriverState) -> Self {
        Self::from_state(state.after_restart())
    }

    fn from_state(state: DriverState) -> Self {
        Self { state }
    }

    /// Everything the driver knows. Store it before sending a step's requests.
    pub fn state(&self) -> &DriverState {
        &self.state
    }

    /// Where the plan stands.
    pub fn status(&self) -> Status {
        progress::status(&self.state)
    }

    /// The verdict, once there is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        progress::outcome(&self.state)
    }

    /// Takes one input and returns everything that follows from it.
    ///
    /// Call it with [`Input::Tick`] at the start and whenever `wake_at` has come, and with
    /// [`Input::Answer`] for every request, in any order. Early, late and repeated calls are
    /// harmless: with no news and no deadline passed there are no requests and the same `wake_at`.
    /// A `now` that goes backwards counts as the latest one seen.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        self.state.watch.begin_step(now);
        match input {
            Input::Tick => {}
            Input::Answer { id, answer } => self.take_answer(id, answer),
            Input::Stop => self.take_stop(),
        }
        self.go_on();
        Step {
            requests: std::mem::take(&mut self.state.watch.requests),
            events: std::mem::take(&mut self.state.watch.events),
            wake_at: self.wake_at(),
        }
    }

    fn wake_at(&self) -> Option<Timestamp> {
        match self.state.stage {
            Stage::Done { .. } => None,
            _ => Some(self.state.watch.wake_at(self.poll_interval_ms())),
        }
    }

    fn poll_interval_ms(&self) -> u64 {
        self.state.options.poll_interval_ms.into()
    }

    fn take_answer(&mut self, id: RequestId, answer: Result<Answer>) {
        match self.state.watch.file(id, answer) {
            None => {}
            Some((i, Ok(Answer::Start(StartAnswer::Started)))) => self.started(i),
            Some((i, Ok(Answer::Start(StartAnswer::Refused(refusal))))) => {
                self.start_refused(i, refusal);
            }
            Some((i, Err(error))) => self.start_failed(i, &error),
            Some((i, Ok(_))) => self.start_failed(i, &mismatch()),
        }
    }

    fn take_stop(&mut self) {
        if !matches!(self.state.stage, Stage::Done { .. }) {
            self.begin_ending(EndReason::Asked);
        }
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        if self.state.watch.round.open && !self.state.watch.is_reading() {
            self.close_round();
        }
        self.check_time_limit();
        if self.state.stage == Stage::Starting {
            self.start_next();
        }
        let watch = &self.state.watch;
        if self.polls() && !watch.round.open && watch.now >= watch.next_poll {
            self.open_round();
        }
    }

    fn check_time_limit(&mut self) {
        let limit_s = self.state.options.limit_s(self.state.plan.forecast.duration_s);
        let watch = &self.state.watch;
        let began = self.state.wave_began_at.or(watch.began_at).unwrap_or(watch.now);
        let is_running = matches!(self.state.stage, Stage::Starting | Stage::Following);
        if is_running && watch.now.ms_since(began) / 1000 >= limit_s {
            self.begin_ending(EndReason::Late { limit_s });
        }
    }

    fn begin_ending(&mut self, why: EndReason) {
        self.state.stage = Stage::Ending { why, since: self.state.watch.now };
        self.state.watch.next_poll = self.state.watch.now;
    }

    fn end(&mut self, outcome: Outcome) {
        self.state.watch.events.push(Event::Ended { outcome: outcome.clone() });
        self.state.stage = Stage::Done { outcome, at: self.state.watch.now };
        self.state.watch.pending.clear();
    }

    /// Whether the plan has anything to do at all.
    fn is_needed(&self) -> bool {
        self.state.plan.decision == Decision::Start && !self.state.runs.is_empty()
    }
}
