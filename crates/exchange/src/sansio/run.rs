//! A plan on its way to its verdict.

use super::cluster::Cluster;
use super::desk::Desk;
use super::message::{HttpAnswer, HttpRequest};
use super::talk::Talk;
use emqx_rebalance_core::driver::{
    Answer, Driver, Event, Input, Outcome, Record, RequestId, Status, Step,
};
use emqx_rebalance_core::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// A plan, or an evacuation, on its way to its verdict. Dropping it stops nothing in EMQX.
#[derive(Debug)]
pub struct Run {
    cluster: Cluster,
    desk: Desk,
    driver: Driver,
    /// What it waits for.
    open: Vec<(RequestId, Talk<Answer>)>,
    wake_at: Option<Timestamp>,
}

/// What a run is told.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct RunInput {
    /// The answers that came since the last step.
    pub answers: Vec<HttpAnswer>,
    /// Whether the user wants it stopped. The verdict comes later.
    pub stop: bool,
}

/// The whole answer to one [`Run::step`].
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[must_use = "requests are lost if dropped"]
pub struct RunStep {
    /// To send, after the state was stored.
    pub requests: Vec<HttpRequest>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Step again no later than this; `None` once there is a verdict.
    pub wake_at_ms: Option<u64>,
}

impl Cluster {
    /// Runs `driver`, new or restored.
    ///
    /// # Errors
    /// `conflict` before [`Self::connect`], or another question, had its answer.
    pub fn drive(&self, driver: Driver) -> Result<Run> {
        if !self.is_known() {
            let message = "nothing is known of the cluster yet: connect first";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let (cluster, desk) = (self.clone(), Desk::default());
        Ok(Run { cluster, desk, driver, open: Vec::new(), wake_at: None })
    }
}

impl Run {
    /// Takes the time, in milliseconds since 1970, and what happened since the last step.
    ///
    /// Early, late and repeated calls are harmless. A request that is not answered within its
    /// timeout counts as lost.
    pub fn step(&mut self, now_ms: u64, input: RunInput) -> RunStep {
        let now = Timestamp::from_ms(now_ms);
        self.desk.arrive(now_ms, input.answers);
        let mut events = Vec::new();
        if input.stop {
            self.feed(now, Input::Stop, &mut events);
        }
        self.feed(now, Input::Tick, &mut events);
        while let Some((id, answer)) = self.next_answer() {
            self.feed(now, Input::Answer { id, answer }, &mut events);
        }
        RunStep { requests: self.desk.collect(), events, wake_at_ms: self.wake_at_ms() }
    }

    /// All that is known of it. Store its JSON before a step's requests are sent, and another process
    /// can go on.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        self.driver.status()
    }

    /// The verdict, once there is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.driver.outcome()
    }

    /// What is worth keeping, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        self.driver.record()
    }

    fn feed(&mut self, now: Timestamp, input: Input, events: &mut Vec<Event>) {
        let Step { requests, events: new, wake_at } = self.driver.step(now, input);
        events.extend(new);
        self.wake_at = wake_at;
        if self.driver.outcome().is_some() {
            // A stop that is asked again after the verdict may hit somebody else's run.
            self.open.clear();
            let _unsent = self.desk.collect();
        }
        let talks = requests.into_iter();
        let talks = talks.map(|request| (request.id, self.cluster.carry(&self.desk, request.ask)));
        self.open.extend(talks.collect::<Vec<_>>());
    }

    /// The next question that has its answer.
    fn next_answer(&mut self) -> Option<(RequestId, Result<Answer>)> {
        let answered = self.open.iter_mut().enumerate().find_map(|(i, (id, talk))| {
            let answer = talk.proceed()?;
            Some((i, *id, answer))
        });
        let (i, id, answer) = answered?;
        drop(self.open.remove(i));
        Some((id, answer))
    }

    fn wake_at_ms(&self) -> Option<u64> {
        let own = self.wake_at?.as_ms();
        Some(self.desk.wake_at_ms().map_or(own, |desk| desk.min(own)))
    }
}
