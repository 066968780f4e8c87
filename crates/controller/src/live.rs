//! A driver on its way in this process.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::object::{Mark, Object, Written};
use crate::order::{EMPTY, Order};
use crate::resource::RebalanceStatus;
use crate::saved::Saved;
use crate::service::Departure;
use emqx_rebalance_client::{Cluster, Host, Pump};
use emqx_rebalance_core::driver::{
    Ask, Driver, DriverState, Event, Input, Request, RunView, Status, Step,
};
use emqx_rebalance_core::{NodeName, RunState, Timestamp};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// A driver on its way in this process: everything beyond what the object keeps.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) driver: Driver,
    /// Where the object is, without what it holds.
    pub(crate) origin: Order,
    /// The way to EMQX; `None` until it is found again after a restart.
    pub(crate) cluster: Option<Cluster>,
    /// The Service that clients connect to, if it is known.
    pub(crate) service: Option<String>,
    /// The status as we wrote it last.
    pub(crate) status: RebalanceStatus,
    pub(crate) status_written_at: Option<Timestamp>,
    /// Since when its way to EMQX is lost, or its deletion waits.
    pub(crate) lost_since: Option<Timestamp>,
    pub(crate) deleted_since: Option<Timestamp>,
    pub(crate) departure: Departure,
    /// What happened and was not told yet.
    pub(crate) events: Vec<Event>,
    pub(crate) is_told_to_stop: bool,
    /// Whether something was decided that could not be stored: it may have been called off meanwhile.
    pub(crate) is_taken_back: bool,
    mark: Mark,
    /// The driver as it was stored last: what was not stored has not happened.
    kept: DriverState,
    sequence: u64,
    saved_at: Option<Timestamp>,
    must_save: bool,
    unsent: Vec<Request>,
    pump: Pump,
    wake_at: Option<Timestamp>,
}

impl Live {
    /// A driver that nothing was done with yet.
    pub(crate) fn new(object: &Order, driver: Driver) -> Self {
        Self {
            kept: driver.state().clone(),
            driver,
            origin: object.origin(),
            cluster: None,
            service: None,
            status: object.status.clone().unwrap_or_default(),
            status_written_at: None,
            lost_since: None,
            deleted_since: None,
            departure: Departure::default(),
            events: Vec::new(),
            is_told_to_stop: false,
            is_taken_back: false,
            mark: Mark::of(object),
            sequence: 0,
            saved_at: None,
            must_save: true,
            unsent: Vec::new(),
            pump: Pump::default(),
            wake_at: None,
        }
    }

    /// A driver that another process left.
    pub(crate) fn restored(object: &Order, saved: Saved) -> Self {
        let Saved { driver, sequence, .. } = saved;
        Self { sequence, ..Self::new(object, Driver::restore(driver)) }
    }

    /// Has the driver end what it does.
    pub(crate) fn tell_to_stop(&mut self, now: Timestamp) {
        if !self.is_told_to_stop {
            self.is_told_to_stop = true;
            let step = self.driver.step(now, Input::Stop);
            self.take(step, now);
        }
    }

    /// Steps the driver for as long as there are answers, and a little longer.
    pub(crate) async fn advance(&mut self, keeper: &Keeper<'_>) -> Result<Written, Failure> {
        let Some(cluster) = self.cluster.clone() else { return Ok(Written::Done) };
        let mut pump = std::mem::take(&mut self.pump);
        let deadline = Instant::now() + PATIENCE;
        let mut advance = Advance { live: self, keeper, deadline };
        let ended = pump.drive(&cluster, &mut advance).await;
        self.pump = pump;
        match ended {
            Ok(()) => Ok(Written::Done),
            Err(Halt::Gone) => Ok(Written::Gone),
            Err(Halt::Failed(failure)) => {
                self.take_back();
                Err(failure)
            }
        }
    }

    /// How long the driver has nothing to do.
    pub(crate) fn idle(&self, clock: &Clock) -> Duration {
        if self.pump.is_answer_due() {
            return ANSWER_POLL;
        }
        self.wake_at.map_or(PATIENCE, |at| clock.until(at)).min(MAX_IDLE)
    }

    /// Whether the object was seen to be deleted, or to ask for a stop: the watch may lag behind.
    pub(crate) fn is_called_off(&self) -> bool {
        self.mark.is_called_off()
    }

    /// Whether its node is empty and held so.
    pub(crate) fn is_held(&self) -> bool {
        self.status.phase.as_deref() == Some(EMPTY)
    }

    /// Where the plan stands.
    pub(crate) fn status(&self) -> Status {
        self.driver.status()
    }

    /// The coordinators of runs that EMQX runs, or may: those whose start is on its way too, once EMQX
    /// has answered it.
    pub(crate) async fn coordinators_of_runs(&mut self) -> Vec<NodeName> {
        if timeout(START_ANSWER, self.pump.drain()).await.is_err() {
            self.pump = Pump::default();
        }
        let is_running = |run: &RunView| match &run.state {
            RunState::Other(word) => word == "starting",
            _ => true,
        };
        self.status().runs.into_iter().filter(is_running).map(|run| run.coordinator).collect()
    }

    /// Whether nothing was ever asked of EMQX but questions.
    pub(crate) fn is_untouched(&self) -> bool {
        self.status().runs.iter().all(|run| run.state.as_str() == "pending")
    }

    /// Stores the state, if something was decided since it was stored last.
    pub(crate) async fn keep(&mut self, keeper: &Keeper<'_>) -> Result<Written, Failure> {
        if !self.must_save {
            return Ok(Written::Done);
        }
        self.sequence += 1;
        let state = self.driver.state();
        let saved = Saved::new(keeper.writer, self.sequence, state).encode()?;
        let written = keeper.object.write_state(&mut self.mark, Some(&saved)).await?;
        self.kept = self.driver.state().clone();
        self.saved_at = Some(keeper.clock.now());
        self.must_save = false;
        Ok(written)
    }

    /// Writes the status of the object.
    pub(crate) async fn write_status(
        &mut self,
        object: &Object,
        status: &Value,
    ) -> Result<Written, Failure> {
        object.write_status(&mut self.mark, status).await
    }

    /// Takes the state and the finalizer off the object.
    pub(crate) async fn let_go(&mut self, object: &Object) -> Result<(), Failure> {
        object.write_state(&mut self.mark, None).await.map(drop)
    }

    fn take(&mut self, step: Step, now: Timestamp) {
        let Step { requests, events, wake_at } = step;
        let is_decided = requests.iter().any(|request| is_command(&request.ask))
            || events.iter().any(must_be_known);
        let is_old = self.saved_at.is_none_or(|at| now.ms_since(at) >= SAVE_EVERY_MS);
        self.must_save |= is_decided || is_old;
        self.unsent.extend(requests);
        self.events.extend(events);
        self.wake_at = wake_at;
    }

    /// Takes back commands that could not be stored, as if the process had died: what they were for
    /// may be wished no more by the time that they can be.
    fn take_back(&mut self) {
        if self.unsent.iter().any(|request| is_command(&request.ask)) {
            self.driver = Driver::restore(self.kept.clone());
            self.unsent.clear();
            self.events.clear();
            self.pump = Pump::default();
            self.is_told_to_stop = false;
            self.is_taken_back = true;
        }
    }
}

/// One reconciliation's part of a driver's way.
struct Advance<'a> {
    live: &'a mut Live,
    keeper: &'a Keeper<'a>,
    deadline: Instant,
}

/// Why nothing more is asked.
enum Halt {
    /// The object is gone.
    Gone,
    /// The state could not be stored.
    Failed(Failure),
}

impl Host for Advance<'_> {
    type Error = Halt;

    async fn step(&mut self, input: Input) -> Result<Vec<Request>, Halt> {
        let now = self.keeper.clock.now();
        let step = self.live.driver.step(now, input);
        self.live.take(step, now);
        match self.live.keep(self.keeper).await {
            Ok(Written::Done) => Ok(std::mem::take(&mut self.live.unsent)),
            Ok(Written::Gone) => Err(Halt::Gone),
            Err(failure) => Err(Halt::Failed(failure)),
        }
    }

    async fn next(&mut self, answer: impl Future<Output = Option<Input>> + Send) -> Option<Input> {
        timeout_at(self.deadline, answer).await.ok().flatten()
    }
}

/// Who keeps a driver's state, and where.
#[derive(Debug)]
pub(crate) struct Keeper<'a> {
    pub(crate) object: &'a Object,
    pub(crate) writer: &'a str,
    pub(crate) clock: Clock,
}

/// Whether EMQX does something when asked this. Questions may be asked again and again, so nobody
/// has to know that they were.
fn is_command(ask: &Ask) -> bool {
    match ask {
        Ask::Nodes | Ask::GlobalStatus | Ask::Availability { .. } => false,
        Ask::Start { .. }
        | Ask::Stop { .. }
        | Ask::StartEvacuation { .. }
        | Ask::StopEvacuation { .. } => true,
    }
}

/// Whether the next process must know of `event`. What EMQX shows can be asked again.
fn must_be_known(event: &Event) -> bool {
    matches!(
        event,
        Event::Started { .. }
            | Event::StartDoubtful { .. }
            | Event::NextWave { .. }
            | Event::Ended { .. }
    )
}

/// How long one reconciliation waits for answers. EMQX answers in milliseconds, or hangs.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long EMQX takes to answer a start at most, before the client gives up.
const START_ANSWER: Duration = Duration::from_secs(20);
/// How soon to look for an answer again that did not come in that time.
const ANSWER_POLL: Duration = Duration::from_millis(100);
/// Deletions and annotations are noticed by the watch; this is for a watch that lags.
const MAX_IDLE: Duration = Duration::from_secs(60);
/// The state holds clocks, such as for how long nothing moved; a new process may be this late.
const SAVE_EVERY_MS: u64 = 10_000;
