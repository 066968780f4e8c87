//! Carries a driver through a scenario, request by request, as a host with an HTTP client does.

mod mail;
mod troubles;

use super::crowd::Crowd;
use super::line::{Lie, Purpose, Random, access};
use super::scenario::{Blow, Scenario, Trouble, What};
use super::subject::Subject;
use super::truth::{By, Truth};
use crate::node;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::Event;
use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer, HttpRequest, RunInput, RunStep, Talk};
use emqx_rebalance_sim::{Fate, News, Simulation, Wire};
use std::collections::VecDeque;

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    id: u64,
    pub(super) at: Timestamp,
    pub(super) purpose: Purpose,
    /// When an answer of EMQX came, with status 200, to the process that asked.
    pub(super) answered: Option<Timestamp>,
    /// Whether EMQX did what was asked.
    pub(super) was_done: bool,
    /// Whether its sender waits for it no more.
    pub(super) over: bool,
}

/// An answer, or a failure, that waits for the process.
#[derive(Debug)]
struct Mail {
    sent: usize,
    answer: HttpAnswer,
    /// Whether EMQX answered, with status 200.
    is_answer: bool,
    was_done: bool,
}

pub(super) struct Host {
    pub(super) simulation: Simulation,
    pub(super) subject: Subject,
    pub(super) truth: Truth,
    pub(super) sent: Vec<Sent>,
    pub(super) events: Vec<(Timestamp, Event)>,
    /// What is wrong so far.
    pub(super) wrong: Vec<String>,
    pub(super) scenario: Scenario,
    pub(super) crowd: Crowd,
    pub(super) cluster: Cluster,
    /// Whether the driver's clock was ever wrong, or its process stood still.
    pub(super) was_disturbed: bool,
    random: Random,
    agenda: Vec<(Timestamp, What)>,
    awaited: Vec<Trouble>,
    lies: Vec<(Timestamp, Lie)>,
    has_key: bool,
    wire: Wire,
    inbox: VecDeque<Mail>,
    stop_at: Option<Timestamp>,
    wake_at: Timestamp,
    skew_ms: i64,
    pub(super) steps: usize,
    allowed_ms: u64,
}

impl Host {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let crowd = Crowd::new(&scenario.config);
        let people = Box::new(crowd.clone());
        let mut simulation = Simulation::with_population(scenario.config.clone(), people).unwrap();
        let cluster = Cluster::new(access(&scenario.config, scenario.doors)).unwrap();
        let snapshot = calmly(&mut simulation, cluster.snapshot());
        let subject = Subject::new(scenario, &cluster, &snapshot);
        let mut truth = Truth::new(crowd.clone(), subject.is_evacuation());
        truth.look(&simulation.cluster, By::Time);
        let mut host = Self {
            simulation,
            subject,
            truth,
            sent: Vec::new(),
            events: Vec::new(),
            wrong: Vec::new(),
            crowd,
            cluster,
            was_disturbed: false,
            random: Random(scenario.storm.seed),
            agenda: Vec::new(),
            awaited: scenario.troubles.clone(),
            lies: Vec::new(),
            has_key: true,
            wire: Wire::default(),
            inbox: VecDeque::new(),
            stop_at: scenario.stop_at_ms.map(Timestamp::from_ms),
            wake_at: Timestamp::default(),
            skew_ms: EPOCH_MS,
            steps: 0,
            allowed_ms: 0,
            scenario: scenario.clone(),
        };
        host.await_troubles();
        host
    }

    /// To the verdict. Whether there is one in the time that a driver may take.
    pub(super) fn drive(&mut self) -> bool {
        loop {
            self.step();
            if self.subject.outcome().is_some() {
                self.give_up_all();
                return true;
            }
            if self.now().as_ms() > self.allowed_ms {
                return false;
            }
            self.wait();
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.simulation.cluster.now()
    }

    /// The time that the driver is told.
    pub(super) fn clock_ms(&self) -> u64 {
        self.now().as_ms().saturating_add_signed(self.skew_ms)
    }

    /// One step of the run without any news.
    pub(super) fn idle_step(&mut self) -> RunStep {
        let now_ms = self.clock_ms();
        self.subject.step(now_ms, RunInput::default())
    }

    fn step(&mut self) {
        self.steps += 1;
        self.jump();
        let at_most = if self.scenario.one_by_one { 1 } else { self.inbox.len() };
        let answers = (0..at_most).filter_map(|_| self.hand_over()).collect();
        let stop = self.stop_at.take_if(|at| *at <= self.simulation.cluster.now()).is_some();
        let (now, now_ms) = (self.now(), self.clock_ms());
        let step = self.subject.step(now_ms, RunInput { answers, stop });
        let is_new_wave = step.events.iter().any(|event| matches!(event, Event::NextWave { .. }));
        if self.steps == 1 || is_new_wave {
            self.allow_for_a_wave();
        }
        self.events.extend(step.events.into_iter().map(|event| (now, event)));
        self.await_troubles();
        // Hosts sleep by a clock that does not jump.
        let sleep_ms = step.wake_at_ms.map_or(0, |at| at.saturating_sub(now_ms));
        self.wake_at = now.plus_ms(sleep_ms);
        if let Err(wrong) = super::check::status(&self.subject) {
            self.wrong.push(wrong);
        }
        let is_done = self.subject.outcome().is_some();
        if is_done && !step.requests.is_empty() {
            self.wrong.push(format!("sent with the verdict: {:?}", step.requests));
        }
        self.suffer(step.requests, is_done);
    }

    /// Sends what is to be sent, unless the process dies.
    fn suffer(&mut self, requests: Vec<HttpRequest>, is_done: bool) {
        let blow = self.scenario.mishaps.iter().find(|mishap| mishap.step == self.steps);
        let blow = blow.map(|mishap| mishap.what).filter(|_| !is_done);
        if !matches!(blow, Some(Blow::Death { before_sending: true, .. })) {
            for request in requests {
                self.send(request);
            }
        }
        match blow {
            Some(Blow::Death { for_ms, skew_s, .. }) => self.die(for_ms, skew_s),
            Some(Blow::Pause { for_ms }) => {
                self.was_disturbed = true;
                self.allowed_ms += for_ms;
                self.let_pass(for_ms);
            }
            Some(Blow::Jump { .. }) | None => {}
        }
    }

    fn jump(&mut self) {
        let mishap = self.scenario.mishaps.iter().find(|mishap| mishap.step == self.steps);
        if let Some(Blow::Jump { by_s }) = mishap.map(|mishap| mishap.what) {
            self.skew(by_s);
        }
    }

    fn skew(&mut self, by_s: i64) {
        self.was_disturbed |= by_s != 0;
        self.skew_ms += by_s * 1000;
    }

    fn die(&mut self, for_ms: u64, skew_s: i64) {
        self.give_up_all();
        let stored = self.subject.reborn(&self.cluster);
        self.let_pass(for_ms);
        self.allowed_ms += for_ms + u64::from(self.scenario.patience.settle_s) * 10_000 + READ_MS;
        self.skew(skew_s);
        self.subject = stored;
        self.wake_at = self.now();
    }

    fn let_pass(&mut self, for_ms: u64) {
        let to = self.now().plus_ms(for_ms);
        while self.now() < to {
            self.pass_to(to);
        }
    }

    /// Twice the forecast and 2 minutes for a wave; to settle, ten times the patience; and a start
    /// and some reads that do not come back.
    fn allow_for_a_wave(&mut self) {
        let settle_s = u64::from(self.scenario.patience.settle_s) * 10;
        let limit_s = 2 * self.subject.expected_s() + 120;
        self.allowed_ms = self.allowed_ms.max(self.now().as_ms())
            + (limit_s + settle_s + 60) * 1000
            + 3 * READ_MS;
    }

    /// Somebody makes everything well, and another process goes on.
    pub(super) fn mend(&mut self) {
        self.agenda.clear();
        self.awaited.clear();
        self.lies.clear();
        self.has_key = true;
        let storm = &mut self.scenario.storm;
        storm.to_ms = storm.from_ms;
        self.scenario.fates.clear();
        self.scenario.mishaps.clear();
        self.stop_at = None;
        self.subject = self.subject.reborn(&self.cluster);
        self.allow_for_a_wave();
    }

    /// Until there is something for the driver to do.
    fn wait(&mut self) {
        loop {
            let is_stop_due = self.stop_at.is_some_and(|at| at <= self.now());
            if !self.inbox.is_empty() || is_stop_due {
                return;
            }
            // A driver that wants to be woken at once must not keep the clock from moving.
            let stop_at = self.stop_at.unwrap_or(self.wake_at);
            let next = self.wake_at.min(stop_at).max(self.now().plus_ms(1));
            self.pass_to(
                next.min(Timestamp::from_ms(self.allowed_ms + 1)).max(self.now().plus_ms(1)),
            );
            if self.now() >= self.wake_at || self.now().as_ms() > self.allowed_ms {
                return;
            }
        }
    }

    /// Lets time pass to the next thing that happens, at most to `to`.
    pub(super) fn pass_to(&mut self, to: Timestamp) {
        let soon = self.now().plus_ms(1);
        let mut next = to.min(self.simulation.next_event());
        for (at, _) in &self.agenda {
            next = next.min(*at);
        }
        next = self.wire.next_event().map_or(next, |at| at.min(next));
        self.simulation.advance(next.max(soon).min(to.max(soon)));
        self.look(By::Time);
        self.do_what_is_due();
        self.move_mail();
    }

    fn look(&mut self, by: By<'_>) {
        self.truth.look(&self.simulation.cluster, by);
    }

    /// Whether a command that nobody waits for may still reach EMQX.
    pub(super) fn has_strays(&self) -> bool {
        self.wire.has_commands()
    }

    /// Whether runs were ever hidden from the driver by the network alone.
    pub(super) fn was_lied_to(&self) -> bool {
        let mut what = self.scenario.troubles.iter().flat_map(|trouble| &trouble.what);
        what.any(|(_, what)| matches!(what, What::Lie(Lie::HidesRuns, _)))
    }

    /// Whether a start was sent whose sender has no answer.
    pub(super) fn has_open_start(&self) -> bool {
        self.sent.iter().any(|sent| sent.purpose.is_start() && !sent.over)
    }

    /// How often the node at `place` was to be told to start, by what the driver says of itself.
    pub(super) fn meant(&self, place: usize) -> usize {
        let is_it = |event: &Event| matches!(event, Event::Starting { coordinator } if *coordinator == node(place + 1));
        self.events.iter().filter(|(_, event)| is_it(event)).count()
    }
}

/// Asks a cluster that is well.
fn calmly<T>(simulation: &mut Simulation, mut talk: Talk<T>) -> T {
    let (mut wire, mut answers) = (Wire::default(), Vec::new());
    loop {
        let now = simulation.cluster.now();
        let now_ms = now.as_ms().saturating_add_signed(EPOCH_MS);
        let step = talk.step(now_ms, std::mem::take(&mut answers));
        if let Some(result) = step.result {
            return result.unwrap();
        }
        for request in step.requests {
            wire.send(now, request, Fate::Well);
        }
        while let Some(news) = wire.proceed(simulation) {
            if let News::Answered(answer) = news {
                answers.push(answer);
            }
        }
    }
}

/// When the simulation begins, on the driver's clock.
const EPOCH_MS: i64 = 1_767_225_600_000;
/// A question may take so long: of six nodes, each asked three times for 16 s.
const READ_MS: u64 = 300_000;
