//! The driver, as its host sees it.

use super::ask::{Input, Request};
use super::event::Event;
use super::job::JobState;
use super::options::DriverOptions;
use super::outcome::Outcome;
use super::progress;
use super::record::{Purpose, Record};
use super::state::DriverState;
use super::status::Status;
use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;
use crate::plan::Plan;
use crate::reconnect::Learned;
use crate::units::Timestamp;
use serde::{Serialize, Serializer};

/// Drives one plan, or the evacuation of one node, to its verdict.
///
/// After `completed` a node that was evacuated is empty and **stays closed** until its evacuation is
/// stopped; after anything else it was told to serve again.
///
/// As JSON it is its state, of which it is made again.
///
/// ```
/// use emqx_rebalance_core::driver::{Ask, Driver, DriverOptions, Input};
/// use emqx_rebalance_core::{PlanRequest, Timestamp};
///
/// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]}}"#;
/// let plan = serde_json::from_str::<PlanRequest>(json)?.plan()?;
/// let mut driver = Driver::new(plan, DriverOptions::default(), false)?;
/// let step = driver.step(Timestamp::from_ms(0), Input::Tick);
/// // It looks at the cluster before it touches it. Store the state, then ask what it asks.
/// let stored = serde_json::to_string(&driver)?;
/// assert!(step.requests.iter().any(|request| request.ask == Ask::Nodes));
/// assert!(stored.contains(r#""kind":"rebalance""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Driver {
    pub(super) state: DriverState,
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
    /// A driver for a [`Plan`] or an [`crate::EvacuationPlan`].
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error`, or ends worse than it begins within
    /// `max_waves`, and `force` is false.
    pub fn new(job: impl Into<Job>, options: DriverOptions, force: bool) -> Result<Self> {
        let job = job.into();
        match objection(&job, &options) {
            Some(error) if !force => Err(error),
            _ => Ok(Self { state: DriverState::new(JobState::new(job), options) }),
        }
    }

    /// Says who starts it, and why, for the record.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.state.purpose = purpose;
        self
    }

    /// Goes on from a stored state, after the process that stored it is gone.
    ///
    /// ```
    /// use emqx_rebalance_core::PlanRequest;
    /// use emqx_rebalance_core::driver::{Driver, DriverOptions, StoredRebalance};
    ///
    /// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]}}"#;
    /// let plan = serde_json::from_str::<PlanRequest>(json)?.plan()?;
    /// let stored = serde_json::to_string(&Driver::new(plan, DriverOptions::default(), false)?)?;
    /// let driver = Driver::restore(serde_json::from_str::<StoredRebalance>(&stored)?);
    /// assert!(driver.outcome().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restore(state: impl Into<DriverState>) -> Self {
        Self { state: state.into().after_restart() }
    }

    /// Everything the driver knows. Store it before sending a step's requests.
    pub fn state(&self) -> &DriverState {
        &self.state
    }

    /// Where it stands; an evacuation as a run whose only donor is the node.
    pub fn status(&self) -> Status {
        progress::status(&self.state)
    }

    /// The verdict, once there is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.state.stage.outcome()
    }

    /// What is worth keeping, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        let state = &self.state;
        let (outcome, ended_at) = (state.stage.outcome()?, state.stage.ended_at()?);
        let waves = state.waves().to_vec();
        let total = |last: u64, of: fn(&super::WaveRecord) -> u64| {
            waves.iter().map(of).fold(last, u64::saturating_add)
        };
        Some(Record {
            version: crate::snapshot::VERSION,
            began_at: state.watch.began_at.unwrap_or(ended_at),
            ended_at,
            purpose: state.purpose.clone(),
            plan: state.job.kept(),
            nodes: state.watch.nodes.clone(),
            moved: total(progress::moved(state), |wave| wave.moved) + state.job.moved_by_pilot(),
            reconnects: state.watch.learned().map(Learned::seen),
            expected_s: total(state.job.forecast().duration_s, |wave| wave.expected_s),
            outcome: outcome.clone(),
            waves,
        })
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
}

impl Serialize for Driver {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.state.serialize(serializer)
    }
}

/// What speaks against starting `job`.
fn objection(job: &Job, options: &DriverOptions) -> Option<Error> {
    let conflict = |message: &str| {
        Error::new(ErrorKind::Conflict, message).with("hint", "change the plan, or force the start")
    };
    let found = job.errors().next().map(|finding| conflict(&finding.message));
    found.or_else(|| job.rebalance().and_then(|plan| ends_fuller(plan, options)))
}

/// Why a plan must not start: after the last wave that `options` allow, its fullest node would be
/// fuller than it is now.
fn ends_fuller(plan: &Plan, options: &DriverOptions) -> Option<Error> {
    let mut allowed = plan.waves.iter().take(options.waves_of(plan));
    let (before, last) = (plan.balance.before.over, allowed.next_back()?);
    (last.over > before).then(|| {
        let message = format!(
            "the fullest node would end {:.2} % over the mean, where it is {:.2} % over it now: \
             only a later wave mends that",
            last.over * 100.0,
            before * 100.0
        );
        Error::new(ErrorKind::Conflict, message)
            .with("max_waves", options.max_waves)
            .with("hint", "allow more waves, or force the start")
    })
}
