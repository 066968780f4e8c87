//! Starts a plan's runs, follows each to its end and finds the verdict that EMQX does not give.
//!
//! A driver does no IO: it is told the time and what EMQX answered, and says what to send next.
//! [`Driver::step`] is the whole protocol. Its state is a value; store it and another process goes
//! on from there. EMQX ends every run by itself, so the cluster is safe if nobody ever does.

mod ask;
pub(crate) mod clients;
mod clock;
mod counts;
pub(crate) mod ending;
mod event;
mod follow;
mod goal;
pub(crate) mod guard;
pub(crate) mod machine;
mod observe;
mod options;
mod outcome;
pub(crate) mod poll;
mod progress;
mod record;
mod start;
pub(crate) mod state;
pub(crate) mod status;
mod stops;
pub(crate) mod track;
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
pub use status::{Progress, RunView, Status, Unread};
pub use wave::WaveRecord;

use crate::emqx::StartAnswer;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Decision, Plan};
use crate::units::Timestamp;
use machine::Machine;
use poll::Poll;
use state::Stage;
use track::TrackState;
use watch::{Watch, mismatch};

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
    /// `conflict` if the plan has findings of severity `error`, or ends worse than it begins within
    /// `max_waves`, and `force` is false.
    pub fn new(plan: Plan, options: DriverOptions, force: bool) -> Result<Self> {
        match objection(&plan, &options) {
            Some(error) if !force => Err(error),
            _ => Ok(Self::from_state(DriverState::new(plan, options))),
        }
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
        self.advance(now, input)
    }

    /// Whether the plan has anything to do at all.
    fn is_needed(&self) -> bool {
        self.state.plan.decision == Decision::Start && !self.state.runs.is_empty()
    }
}

/// What speaks against starting `plan`.
fn objection(plan: &Plan, options: &DriverOptions) -> Option<Error> {
    let conflict = |message: &str| {
        Error::new(ErrorKind::Conflict, message).with("hint", "change the plan, or force the start")
    };
    let found = plan.errors().next().map(|finding| conflict(&finding.message));
    found.or_else(|| wave::ends_fuller(plan, options))
}

impl Machine for Driver {
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
        let since = self.state.last_start_at().unwrap_or(self.state.watch.now);
        (self.state.plan.forecast.duration_s, since)
    }

    fn take_start(&mut self, i: usize, answer: Result<Answer>) {
        match answer {
            Ok(Answer::Start(StartAnswer::Started)) => self.started(i),
            Ok(Answer::Start(StartAnswer::Refused(refusal))) => self.start_refused(i, refusal),
            Ok(_) => self.start_failed(i, &mismatch()),
            Err(error) => self.start_failed(i, &error),
        }
    }

    fn start_next(&mut self) {
        self.send_next_start();
    }

    fn forget_misses(&mut self) {
        for tracked in &mut self.state.runs {
            tracked.state.forget_misses();
        }
    }

    fn is_in_doubt(&self) -> bool {
        let in_doubt = |state: &TrackState| matches!(state, TrackState::Doubtful { .. });
        self.state.runs.iter().any(|tracked| in_doubt(&tracked.state))
    }

    fn may_be_over(&self) -> bool {
        false
    }

    fn open_poll(&mut self) {
        self.ask_what_the_stage_needs();
    }

    fn close_poll(&mut self) {
        if let Some(list) = &mut self.state.watch.poll.nodes {
            self.state.plan.fingerprint.weigh(&mut list.nodes);
        }
        self.conclude_poll();
    }

    fn harm(&self, poll: &Poll) -> Option<(Guard, String)> {
        self.trouble(poll)
    }

    fn outcome_of(&self, result: OutcomeKind, detail: String) -> Outcome {
        ending::outcome(&self.state, result, detail)
    }
}
