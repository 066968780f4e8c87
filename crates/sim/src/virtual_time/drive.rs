//! Runs a driver to its verdict in virtual time.

use super::VirtualCluster;
use super::courier::{Courier, Sent, late};
use crate::http::Ticket;
use emqx_rebalance_core::driver::{Ask, Driver, Event, Input, Outcome, RequestId, Step};
use emqx_rebalance_core::{Error, ErrorKind, Result, Timestamp};
use std::collections::VecDeque;

/// How a plan went.
#[derive(Clone, Debug)]
pub struct Drive {
    /// The verdict.
    pub outcome: Outcome,
    /// What the driver did and saw, and when.
    pub events: Vec<(Timestamp, Event)>,
    /// When the driver was begun.
    pub began_at: Timestamp,
    /// When it came to its verdict.
    pub ended_at: Timestamp,
    /// Steps that the driver took.
    pub steps: usize,
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

struct Pending {
    id: RequestId,
    ask: Ask,
    ticket: Ticket,
    deadline: Timestamp,
}

impl VirtualCluster {
    /// Runs `driver` to its verdict, moving the clock as it waits.
    ///
    /// # Errors
    /// As [`Courier::connect`]; `timeout` if there is no verdict after a day.
    pub fn drive(&mut self, driver: &mut Driver) -> Result<Drive> {
        self.drive_with(driver, |_, _, _| Incident::None)
    }

    /// The same; `between` is asked after every step, before its requests are sent, and may break
    /// things.
    ///
    /// # Errors
    /// As [`Self::drive`].
    pub fn drive_with(
        &mut self,
        driver: &mut Driver,
        between: impl FnMut(&mut Self, &Driver, &Step) -> Incident,
    ) -> Result<Drive> {
        let courier = Courier::connect(self)?;
        self.drive_by(courier, driver, between)
    }

    /// The same with a courier of the caller's own, who may be more patient.
    ///
    /// # Errors
    /// `timeout` if there is no verdict after a day.
    pub fn drive_by(
        &mut self,
        courier: Courier,
        driver: &mut Driver,
        between: impl FnMut(&mut Self, &Driver, &Step) -> Incident,
    ) -> Result<Drive> {
        let began_at = self.now();
        let inputs = VecDeque::from([Input::Tick]);
        let (pending, events) = (Vec::new(), Vec::new());
        let host = Host {
            cluster: self,
            driver,
            courier,
            between,
            inputs,
            pending,
            events,
            began_at,
            wake_at: began_at,
            steps: 0,
        };
        host.run()
    }
}

struct Host<'a, F> {
    cluster: &'a mut VirtualCluster,
    driver: &'a mut Driver,
    courier: Courier,
    between: F,
    inputs: VecDeque<Input>,
    pending: Vec<Pending>,
    events: Vec<(Timestamp, Event)>,
    began_at: Timestamp,
    wake_at: Timestamp,
    steps: usize,
}

impl<F: FnMut(&mut VirtualCluster, &Driver, &Step) -> Incident> Host<'_, F> {
    fn run(mut self) -> Result<Drive> {
        loop {
            while let Some(input) = self.inputs.pop_front() {
                if let Some(outcome) = self.step(input) {
                    return Ok(Drive {
                        outcome,
                        events: self.events,
                        began_at: self.began_at,
                        ended_at: self.cluster.now(),
                        steps: self.steps,
                    });
                }
            }
            self.wait()?;
        }
    }

    fn step(&mut self, input: Input) -> Option<Outcome> {
        let now = self.cluster.now();
        let step = self.driver.step(now, input);
        self.steps += 1;
        self.events.extend(step.events.iter().map(|event| (now, event.clone())));
        self.wake_at = step.wake_at.unwrap_or(now);
        if let Some(outcome) = self.driver.outcome() {
            return Some(outcome.clone());
        }
        let incident = (self.between)(self.cluster, self.driver, &step);
        if incident != Incident::DiesBeforeSending {
            for request in step.requests {
                self.send(request.id, request.ask);
            }
        }
        match incident {
            Incident::None => {}
            Incident::Stop => self.inputs.push_back(Input::Stop),
            Incident::DiesBeforeSending | Incident::DiesAfterSending => self.restart(),
        }
        None
    }

    fn send(&mut self, id: RequestId, ask: Ask) {
        match self.courier.send(self.cluster, &ask) {
            Sent::Answered(answer) => self.inputs.push_back(Input::Answer { id, answer }),
            Sent::Waits { ticket, deadline } => {
                self.pending.push(Pending { id, ask, ticket, deadline });
            }
        }
    }

    /// What a new process does: it has the state, and nobody's answers.
    fn restart(&mut self) {
        *self.driver = Driver::restore(self.driver.state().clone());
        for pending in self.pending.drain(..) {
            self.cluster.simulation().give_up(pending.ticket);
        }
        self.inputs.clear();
        self.inputs.push_back(Input::Tick);
    }

    /// Moves the clock to the next thing that concerns the driver.
    fn wait(&mut self) -> Result<()> {
        let deadlines = self.pending.iter().map(|pending| pending.deadline);
        let mut next = deadlines.fold(self.wake_at, Timestamp::min);
        if !self.pending.is_empty() {
            next = next.min(self.cluster.simulation().next_event());
        }
        if next.ms_since(self.began_at) > LONGEST_MS {
            return Err(Error::new(ErrorKind::Timeout, "the driver came to no verdict in a day"));
        }
        // A driver that wants to be woken at once must not keep the clock from moving.
        let next = if next <= self.cluster.now() { self.cluster.now().plus_ms(1) } else { next };
        self.cluster.advance_to(next);
        self.collect();
        if self.cluster.now() >= self.wake_at {
            self.inputs.push_back(Input::Tick);
        }
        Ok(())
    }

    fn collect(&mut self) {
        let now = self.cluster.now();
        for pending in std::mem::take(&mut self.pending) {
            let simulation = self.cluster.simulation();
            let answer = match simulation.collect(pending.ticket) {
                Some(answer) => self.courier.read(&pending.ask, super::courier::whole(answer)),
                None if now >= pending.deadline => {
                    simulation.give_up(pending.ticket);
                    self.courier.turn(self.cluster);
                    Err(late())
                }
                None => {
                    self.pending.push(pending);
                    continue;
                }
            };
            self.inputs.push_back(Input::Answer { id: pending.id, answer });
        }
    }
}

/// A day.
const LONGEST_MS: u64 = 86_400_000;
