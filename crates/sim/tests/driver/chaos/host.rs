//! Carries a driver through a scenario, with a network that loses and delays.

use super::line::{Random, credentials, is_read, patience_ms, timeout};
use super::scenario::{Scenario, Storm};
use super::subject::Subject;
use super::truth::{By, Truth};
use emqx_rebalance_api::{ApiVersion, Capabilities};
use emqx_rebalance_core::driver::{Answer, Ask, Event, Input, Request, RequestId};
use emqx_rebalance_core::{Error, ErrorKind, Result, Timestamp};
use emqx_rebalance_sim::{Answer as Reply, Courier, Fault, Ticket, VirtualCluster};
use std::collections::VecDeque;

/// What was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) at: Timestamp,
    pub(super) ask: Ask,
    /// When an answer came that says something, to the process that asked.
    pub(super) answered: Option<Timestamp>,
    /// Whether its sender waits for it no more.
    pub(super) over: bool,
}

/// A request that the present process waits for.
struct Flight {
    id: RequestId,
    sent: usize,
    coming: Coming,
}

enum Coming {
    /// The simulator has yet to answer.
    Waits {
        ticket: Ticket,
        deadline: Timestamp,
    },
    At {
        at: Timestamp,
        answer: Result<Answer>,
    },
}

/// What becomes of a request.
enum Fate {
    Well,
    LostBefore,
    LostAfter,
    Delayed,
    Late,
}

pub(super) struct Host {
    pub(super) cluster: VirtualCluster,
    pub(super) subject: Subject,
    pub(super) truth: Truth,
    pub(super) sent: Vec<Sent>,
    pub(super) events: Vec<(Timestamp, Event)>,
    /// Milliseconds in which no process drove.
    pub(super) asleep_ms: u64,
    /// What is wrong so far.
    pub(super) wrong: Vec<String>,
    scenario: Scenario,
    api: ApiVersion,
    capabilities: Capabilities,
    via: usize,
    random: Random,
    faults: VecDeque<(u64, Fault)>,
    flights: Vec<Flight>,
    /// Commands that their sender has given up, still on their way.
    late: Vec<(Timestamp, Ask)>,
    inputs: VecDeque<Input>,
    wake_at: Timestamp,
    steps: usize,
    expected_s: u64,
    allowed_ms: u64,
}

impl Host {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut cluster = VirtualCluster::new(scenario.config.clone()).unwrap();
        let courier = Courier::connect(&mut cluster).unwrap();
        let snapshot = cluster.simulation().cluster.snapshot().unwrap();
        Self {
            subject: Subject::new(scenario, &snapshot),
            cluster,
            truth: Truth::default(),
            sent: Vec::new(),
            events: Vec::new(),
            asleep_ms: 0,
            wrong: Vec::new(),
            api: courier.api(),
            capabilities: courier.capabilities(),
            via: 0,
            random: Random(scenario.storm.seed),
            faults: scenario.faults.iter().cloned().collect(),
            flights: Vec::new(),
            late: Vec::new(),
            inputs: VecDeque::from([Input::Tick]),
            wake_at: Timestamp::default(),
            steps: 0,
            expected_s: 0,
            allowed_ms: 0,
            scenario: scenario.clone(),
        }
    }

    /// To the verdict. Whether there is one in the time that a driver may take.
    pub(super) fn drive(&mut self) -> bool {
        let mut stop_at = self.scenario.stop_at_ms;
        loop {
            while let Some(input) = self.inputs.pop_front() {
                self.step(input);
                if self.subject.outcome().is_some() {
                    self.give_up_all();
                    return true;
                }
            }
            if self.now().as_ms() > self.allowed_ms {
                return false;
            }
            let mut next = self.wake_at;
            if let Some(at) = stop_at {
                next = next.min(Timestamp::from_ms(at));
            }
            for flight in &self.flights {
                let (Coming::Waits { deadline: at, .. } | Coming::At { at, .. }) = &flight.coming;
                next = next.min(*at);
            }
            self.pass_to(next.max(self.now().plus_ms(1)));
            self.collect();
            if stop_at.is_some_and(|at| self.now().as_ms() >= at) {
                stop_at = None;
                self.inputs.push_back(Input::Stop);
            }
            if self.now() >= self.wake_at {
                self.inputs.push_back(Input::Tick);
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.cluster.now()
    }

    fn step(&mut self, input: Input) {
        let now = self.now();
        self.truth.count(&self.cluster.simulation().cluster);
        let step = self.subject.step(now, input);
        self.steps += 1;
        let is_new_wave = step.events.iter().any(|event| matches!(event, Event::NextWave { .. }));
        if self.steps == 1 || is_new_wave {
            self.allow_for_a_wave();
        }
        self.events.extend(step.events.into_iter().map(|event| (now, event)));
        self.wake_at = step.wake_at.unwrap_or(now);
        if let Err(wrong) = super::check::status(&self.subject) {
            self.wrong.push(wrong);
        }
        if self.subject.outcome().is_some() && !step.requests.is_empty() {
            self.wrong.push(format!("sent with the verdict: {:?}", step.requests));
        }
        let death = self.scenario.deaths.iter().find(|death| death.step == self.steps).copied();
        if death.is_none_or(|death| !death.before_sending) {
            for request in step.requests {
                self.send(request);
            }
        }
        if let Some(death) = death.filter(|_| self.subject.outcome().is_none()) {
            self.give_up_all();
            self.inputs.clear();
            let stored = self.subject.reborn();
            self.pass_to(self.now().plus_ms(death.for_ms));
            self.asleep_ms += death.for_ms;
            self.allowed_ms += death.for_ms + u64::from(self.scenario.patience.settle_s) * 10_000;
            self.subject = stored;
            self.inputs.push_back(Input::Tick);
        }
    }

    /// Twice the forecast and 2 minutes for a wave; to settle, ten times the patience; and a start
    /// and a few reads that do not come back.
    fn allow_for_a_wave(&mut self) {
        self.expected_s = self.subject.expected_s();
        let settle_s = u64::from(self.scenario.patience.settle_s) * 10;
        self.allowed_ms = self.now().as_ms()
            + self.asleep_ms
            + (2 * self.expected_s + 120 + settle_s + 250) * 1000;
    }

    fn give_up_all(&mut self) {
        for flight in std::mem::take(&mut self.flights) {
            self.sent[flight.sent].over = true;
            if let Coming::Waits { ticket, .. } = flight.coming {
                self.cluster.simulation().give_up(ticket);
            }
        }
    }

    fn send(&mut self, Request { id, ask }: Request) {
        let now = self.now();
        let sent = self.sent.len();
        if let Err(wrong) =
            super::check::request(&self.sent, &self.events, &ask, now, &self.scenario)
        {
            self.wrong.push(wrong);
        }
        self.sent.push(Sent { at: now, ask: ask.clone(), answered: None, over: false });
        let patience_ms = patience_ms(&ask);
        let lost = |after_ms| Coming::At { at: now.plus_ms(after_ms), answer: Err(timeout()) };
        let some_ms = self.random.below(patience_ms);
        let coming = match self.fate(&ask) {
            Fate::Well => self.carry(&ask),
            Fate::LostBefore => lost(some_ms),
            Fate::LostAfter => {
                if let Coming::Waits { ticket, .. } = self.carry(&ask) {
                    self.cluster.simulation().give_up(ticket);
                }
                lost(some_ms)
            }
            Fate::Delayed => match self.carry(&ask) {
                Coming::At { answer, .. } => Coming::At { at: now.plus_ms(some_ms), answer },
                waits => waits,
            },
            Fate::Late => {
                let at = now.plus_ms(some_ms + self.random.below(40_000));
                self.late.push((at, ask));
                lost(some_ms)
            }
        };
        self.flights.push(Flight { id, sent, coming });
    }

    fn fate(&mut self, ask: &Ask) -> Fate {
        let Storm { from_ms, to_ms, lost, delayed, late, .. } = self.scenario.storm;
        let drawn = self.random.below(100);
        let is_command = !is_read(ask);
        match self.now().as_ms() {
            now if now < from_ms || now >= to_ms => Fate::Well,
            _ if drawn < lost => Fate::LostBefore,
            _ if drawn < 2 * lost => Fate::LostAfter,
            _ if drawn < 2 * lost + delayed => Fate::Delayed,
            _ if is_command && drawn < 2 * lost + delayed + late => Fate::Late,
            _ => Fate::Well,
        }
    }

    /// Brings a request to a node, as a client does: reads to one after the other, a command to the
    /// first that listens.
    fn carry(&mut self, ask: &Ask) -> Coming {
        let request = match self.api.request(ask, self.capabilities) {
            Ok(request) => request,
            Err(error) => return Coming::At { at: self.now(), answer: Err(error) },
        };
        let nodes = self.cluster.nodes();
        let own = match ask {
            Ask::Availability { node } => self.cluster.simulation().cluster.find(node.as_str()),
            _ => None,
        };
        let tries = if own.is_some() { 1 } else { nodes };
        let mut last = Err(Error::new(ErrorKind::Unreachable, "no node answers"));
        for _ in 0..tries {
            let via = own.unwrap_or(self.via);
            let mut request = request.clone();
            credentials().apply(&mut request).unwrap();
            let is_up = self.cluster.simulation().cluster.is_up(via);
            let reply = self.cluster.simulation().answer(via, &request);
            self.look(By::Driver);
            last = match reply {
                Reply::Response(response) => self.api.answer(ask, &response),
                Reply::Waiting(ticket) => {
                    let deadline = self.now().plus_ms(patience_ms(ask));
                    return Coming::Waits { ticket, deadline };
                }
                _ => Err(Error::new(ErrorKind::Unreachable, "the connection was closed")),
            };
            let may_go_on =
                if is_read(ask) { last.as_ref().is_err_and(Error::is_retryable) } else { !is_up };
            if !may_go_on {
                break;
            }
            self.turn();
        }
        Coming::At { at: self.now(), answer: last }
    }

    fn turn(&mut self) {
        self.via = (self.via + 1) % self.cluster.nodes();
    }

    fn collect(&mut self) {
        let now = self.now();
        for flight in std::mem::take(&mut self.flights) {
            let Flight { id, sent, coming } = flight;
            let coming = match coming {
                Coming::Waits { ticket, deadline } => {
                    let reply = self.cluster.simulation().collect(ticket);
                    match reply {
                        Some(Reply::Response(response)) => {
                            let answer = self.api.answer(&self.sent[sent].ask, &response);
                            Coming::At { at: now, answer }
                        }
                        Some(_) => Coming::At { at: now, answer: Err(timeout()) },
                        None if now >= deadline => {
                            self.cluster.simulation().give_up(ticket);
                            self.turn();
                            Coming::At { at: now, answer: Err(timeout()) }
                        }
                        None => Coming::Waits { ticket, deadline },
                    }
                }
                at => at,
            };
            match coming {
                Coming::At { at, answer } if at <= now => {
                    self.sent[sent].answered = answer.is_ok().then_some(now);
                    self.sent[sent].over = true;
                    self.inputs.push_back(Input::Answer { id, answer });
                }
                coming => self.flights.push(Flight { id, sent, coming }),
            }
        }
    }

    /// Lets time pass, and whatever happens in it.
    pub(super) fn pass_to(&mut self, to: Timestamp) {
        loop {
            let due = |at: Timestamp| at.min(to);
            let mut next = due(self.cluster.simulation().next_event().max(self.now().plus_ms(1)));
            if let Some((at, _)) = self.faults.front() {
                next = due(Timestamp::from_ms(*at)).min(next);
            }
            for (at, _) in &self.late {
                next = next.min(*at);
            }
            self.cluster.advance_to(next);
            self.look(By::Time);
            self.break_what_is_due();
            self.arrive_late();
            // Whatever happens may bring an answer, of which the driver is to hear at once.
            let waits = self.flights.iter().any(|f| matches!(f.coming, Coming::Waits { .. }));
            if self.now() >= to || waits {
                return;
            }
        }
    }

    fn break_what_is_due(&mut self) {
        while let Some((_, fault)) =
            self.faults.pop_front_if(|(at, _)| *at <= self.cluster.now().as_ms())
        {
            // One that cannot happen does not.
            let _happened = self.cluster.simulation().inject(&fault);
            self.look(By::Fault(&fault));
        }
    }

    fn arrive_late(&mut self) {
        let now = self.now();
        let (due, later) =
            std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(Timestamp, Ask)> = due;
        for (_, ask) in due {
            if let Coming::Waits { ticket, .. } = self.carry(&ask) {
                self.cluster.simulation().give_up(ticket);
            }
        }
    }

    fn look(&mut self, by: By<'_>) {
        let Self { truth, cluster, subject, .. } = self;
        truth.look(&cluster.simulation().cluster, subject, by);
    }

    /// Whether a command that nobody waits for may still reach EMQX.
    pub(super) fn has_strays(&self) -> bool {
        !self.late.is_empty()
    }
}
