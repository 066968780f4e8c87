//! Asks questions and runs jobs in virtual time, as every host does.

use super::VirtualCluster;
use super::wire::{Fate, News};
use emqx_rebalance_core::driver::{Driver, Event, Outcome};
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result, Timestamp};
use emqx_rebalance_exchange::restored;
use emqx_rebalance_exchange::sansio::{
    Cluster, HttpAnswer, HttpRequest, Run, RunInput, RunStep, Talk, TalkStep,
};

/// How a drive went.
#[derive(Debug)]
pub struct Drive {
    /// The verdict.
    pub outcome: Outcome,
    /// What the driver did and saw, and when.
    pub events: Vec<(Timestamp, Event)>,
    /// When the driver was begun.
    pub began_at: Timestamp,
    /// When it came to its verdict.
    pub ended_at: Timestamp,
    /// What was driven, with all that is known of it.
    pub run: Run,
}

/// What happens to a driver between a step and the sending of its requests.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Incident {
    /// Nothing.
    #[default]
    None,
    /// The user asks for a stop.
    Stop,
    /// Its process dies before the step's requests are sent, and another one goes on from its state.
    DiesBeforeSending,
    /// The same after they were sent; the answers are lost.
    DiesAfterSending,
}

impl VirtualCluster {
    /// Asks, moving the clock until there is a result.
    ///
    /// # Errors
    /// As the question has them.
    pub fn ask<T>(&mut self, talk: Talk<T>) -> Result<T> {
        self.ask_with(talk, |_, _, _| {})
    }

    /// The same; `see` is shown every step: what it was given, and what came out.
    ///
    /// # Errors
    /// As the question has them.
    pub fn ask_with<T>(
        &mut self,
        mut talk: Talk<T>,
        mut see: impl FnMut(&Self, &[HttpAnswer], &TalkStep<T>),
    ) -> Result<T> {
        let mut answers = Vec::new();
        loop {
            let step = talk.step(self.now().as_ms(), answers.clone());
            see(self, &answers, &step);
            if let Some(result) = step.result {
                return result;
            }
            self.send_all(step.requests);
            answers = self.wait(step.wake_at_ms.unwrap_or_default());
        }
    }

    /// Runs `driver` to its verdict, moving the clock as it waits.
    ///
    /// # Errors
    /// As [`Cluster::connect`]; `timeout` if there is no verdict after a day.
    pub fn drive(&mut self, driver: Driver) -> Result<Drive> {
        self.drive_with(driver, |_, _, _| Incident::None)
    }

    /// The same; `between` is shown every step, what it was given and what came out, before its
    /// requests are sent, and may break things.
    ///
    /// # Errors
    /// As [`Self::drive`].
    pub fn drive_with(
        &mut self,
        driver: Driver,
        between: impl FnMut(&mut Self, &[HttpAnswer], &RunStep) -> Incident,
    ) -> Result<Drive> {
        let cluster = Cluster::new(self.access())?;
        self.ask(cluster.connect())?;
        self.drive_by(&cluster, driver, between)
    }

    /// The same by way of `cluster`, which is connected.
    ///
    /// # Errors
    /// `conflict` if it is not; `timeout` if there is no verdict after a day.
    pub fn drive_by(
        &mut self,
        cluster: &Cluster,
        driver: Driver,
        mut between: impl FnMut(&mut Self, &[HttpAnswer], &RunStep) -> Incident,
    ) -> Result<Drive> {
        let began_at = self.now();
        let mut run = cluster.drive(driver)?;
        let (mut answers, mut stop, mut events) = (Vec::new(), false, Vec::new());
        while self.now().ms_since(began_at) < LONGEST_MS {
            let now = self.now();
            let step = run.step(now.as_ms(), RunInput { answers: answers.clone(), stop });
            let incident = between(self, &answers, &step);
            events.extend(step.events.into_iter().map(|event| (now, event)));
            if let Some(outcome) = run.outcome().cloned() {
                return Ok(Drive { outcome, events, began_at, ended_at: now, run });
            }
            if incident != Incident::DiesBeforeSending {
                self.send_all(step.requests);
            }
            if matches!(incident, Incident::DiesBeforeSending | Incident::DiesAfterSending) {
                run = self.reborn(cluster, &run)?;
            }
            stop = incident == Incident::Stop;
            let is_calm = incident == Incident::None;
            answers = self.wait(step.wake_at_ms.filter(|_| is_calm).unwrap_or_default());
        }
        Err(Error::new(ErrorKind::Timeout, "the driver came to no verdict in a day"))
    }

    fn send_all(&mut self, requests: Vec<HttpRequest>) {
        let now = self.now();
        for request in requests {
            self.wire.send(now, request, Fate::Well);
        }
    }

    /// Lets time pass until an answer has come, or until `wake_at_ms`; a millisecond at least if
    /// there is none, since who wants to be woken at once must not keep the clock from moving.
    fn wait(&mut self, wake_at_ms: u64) -> Vec<HttpAnswer> {
        let wake_at = Timestamp::from_ms(wake_at_ms).max(self.now().plus_ms(1));
        loop {
            let answers = self.arrivals();
            if !answers.is_empty() || self.now() >= wake_at {
                return answers;
            }
            let next = self.wire.next_event().map_or(wake_at, |at| at.min(wake_at));
            let is_answer_due = self.wire.is_answer_due();
            let of_nodes = is_answer_due.then(|| self.simulation.next_event());
            self.advance_to(of_nodes.map_or(next, |at| at.min(next)));
        }
    }

    /// Brings everything as far as it has come by now.
    fn arrivals(&mut self) -> Vec<HttpAnswer> {
        let news = std::iter::from_fn(|| self.wire.proceed(&mut self.simulation));
        let answers = news.filter_map(|news| match news {
            News::Answered(answer) => Some(answer),
            News::Arrived => None,
        });
        answers.collect()
    }

    /// What another process makes of the stored state, without the answers to this one.
    fn reborn(&mut self, cluster: &Cluster, run: &Run) -> Result<Run> {
        self.arrivals();
        self.wire.forget(&mut self.simulation);
        let driver = serde_json::to_value(run.driver()).and_then(restored);
        let driver = driver.map_err(|error| {
            let bound = format!("a stored state: {error}");
            Error::invalid("state", vec![Problem::new("state", "its JSON", bound)])
        })?;
        cluster.drive(driver)
    }
}

/// A day.
const LONGEST_MS: u64 = 86_400_000;
