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
mod guard;
mod observe;
mod options;
mod outcome;
mod progress;
mod record;
mod start;
mod state;
mod status;
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

use crate::emqx::{StartAnswer, StopAnswer};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Decision, Plan};
use crate::units::Timestamp;
use state::{EndReason, Question, Stage};

/// Drives one plan to its verdict.
#[derive(Clone, Debug)]
pub struct Driver {
    state: DriverState,
    requests: Vec<Request>,
    events: Vec<Event>,
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
        Self { state, requests: Vec::new(), events: Vec::new() }
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
        self.state.now = self.state.now.max(now);
        self.state.began_at.get_or_insert(self.state.now);
        match input {
            Input::Tick => {}
            Input::Answer { id, answer } => self.take_answer(id, answer),
            Input::Stop => self.take_stop(),
        }
        self.go_on();
        Step {
            requests: std::mem::take(&mut self.requests),
            events: std::mem::take(&mut self.events),
            wake_at: self.wake_at(),
        }
    }

    fn wake_at(&self) -> Option<Timestamp> {
        match self.state.stage {
            Stage::Done { .. } => None,
            _ if self.state.pending.is_empty() => Some(self.state.next_poll),
            // An answer comes first; this is only for hosts that lose one without a word.
            _ => Some(self.state.now.max(self.state.next_poll).plus_ms(self.poll_interval_ms())),
        }
    }

    fn poll_interval_ms(&self) -> u64 {
        self.state.options.poll_interval_ms.into()
    }

    fn ask(&mut self, ask: Ask, question: Question) {
        let id = RequestId(self.state.next_id);
        self.state.next_id += 1;
        self.state.pending.insert(id, question);
        self.requests.push(Request { id, ask });
    }

    /// Files an answer. Answers to requests of an earlier process are nobody's and are dropped.
    fn take_answer(&mut self, id: RequestId, answer: Result<Answer>) {
        let Some(question) = self.state.pending.remove(&id) else { return };
        let round = &mut self.state.round;
        match (question, answer) {
            (Question::Nodes, Ok(Answer::Nodes(list))) => round.nodes = Some(list),
            (Question::GlobalStatus, Ok(Answer::GlobalStatus(status))) => {
                round.status = Some(status);
            }
            (Question::Availability(node), Ok(Answer::Availability(availability))) => {
                round.availability.insert(node, Some(availability));
            }
            (Question::Start(i), Ok(Answer::Start(StartAnswer::Started))) => self.started(i),
            (Question::Start(i), Ok(Answer::Start(StartAnswer::Refused(refusal)))) => {
                self.start_refused(i, refusal);
            }
            (Question::Start(i), Err(error)) => self.start_failed(i, &error),
            (Question::Start(i), Ok(_)) => self.start_failed(i, &mismatch()),
            (Question::Stop, Ok(Answer::Stop(StopAnswer::Stopped | StopAnswer::NotStarted))) => {}
            (Question::Stop, Ok(Answer::Stop(StopAnswer::Refused(refusal)))) => {
                self.lost(&Error::from(refusal));
            }
            (Question::Availability(node), answer) => {
                round.availability.insert(node, None);
                self.lost(&answer.err().unwrap_or_else(mismatch));
            }
            (_, answer) => self.lost(&answer.err().unwrap_or_else(mismatch)),
        }
    }

    fn lost(&mut self, error: &Error) {
        let cause = Cause::from(error);
        self.state.round.lost = Some(cause.clone());
        self.events.push(Event::AnswerLost { cause });
    }

    fn take_stop(&mut self) {
        if !matches!(self.state.stage, Stage::Done { .. }) {
            self.begin_ending(EndReason::Asked);
        }
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        if self.state.round.open && !self.is_reading() {
            self.close_round();
        }
        self.check_time_limit();
        if self.state.stage == Stage::Starting {
            self.start_next();
        }
        if self.polls() && !self.state.round.open && self.state.now >= self.state.next_poll {
            self.open_round();
        }
    }

    /// Whether an answer to a read is on its way.
    fn is_reading(&self) -> bool {
        let is_read = |question: &Question| !matches!(question, Question::Start(_));
        self.state.pending.values().any(is_read)
    }

    fn check_time_limit(&mut self) {
        let forecast_s = self.state.plan.forecast.duration_s;
        let limit_s = match self.state.options.time_limit_s {
            Some(limit_s) => limit_s.into(),
            None => forecast_s.saturating_mul(2).saturating_add(TIME_LIMIT_MARGIN_S),
        };
        let began = self.state.wave_began_at.or(self.state.began_at).unwrap_or(self.state.now);
        let is_running = matches!(self.state.stage, Stage::Starting | Stage::Following);
        if is_running && self.state.now.ms_since(began) / 1000 >= limit_s {
            self.begin_ending(EndReason::Late { limit_s });
        }
    }

    fn begin_ending(&mut self, why: EndReason) {
        self.state.stage = Stage::Ending { why, since: self.state.now };
        self.state.next_poll = self.state.now;
    }

    fn end(&mut self, outcome: Outcome) {
        self.events.push(Event::Ended { outcome: outcome.clone() });
        self.state.stage = Stage::Done { outcome, at: self.state.now };
        self.state.pending.clear();
    }

    /// Whether the plan has anything to do at all.
    fn is_needed(&self) -> bool {
        self.state.plan.decision == Decision::Start && !self.state.runs.is_empty()
    }
}

fn mismatch() -> Error {
    Error::new(ErrorKind::Protocol, "the answer belongs to another question")
}

/// Seconds beyond twice the forecast before a plan without a time limit is late: clients may come
/// back slowly, and EMQX's own calls may take 45 s.
const TIME_LIMIT_MARGIN_S: u64 = 120;
