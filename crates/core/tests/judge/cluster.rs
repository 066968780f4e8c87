//! A cluster by EMQX's rules, client by client.

use super::{Deal, Look, Rng, World};
use emqx_rebalance_core::{NodeName, Run, RunPhase, Strategy};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Tick(usize),
    Reopen(usize),
    Look,
    Client,
}

/// A run that EMQX has accepted.
pub(crate) struct Judged {
    pub(crate) run: Run,
    donors: Vec<usize>,
    recipients: Vec<usize>,
    first_tick_s: f64,
    pub(crate) phase: Option<RunPhase>,
    pub(crate) ended_s: f64,
}

/// The cluster, its balancer and its clients.
pub(crate) struct Cluster {
    world: World,
    rng: Rng,
    names: Vec<NodeName>,
    pub(crate) now: f64,
    pub(crate) counts: Vec<u64>,
    pub(crate) closed: Vec<bool>,
    pub(crate) runs: Vec<Judged>,
    seen: Vec<usize>,
    turn: usize,
    /// Clients that are on their way.
    pub(crate) away: u64,
    pub(crate) disconnects: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
}

impl Cluster {
    pub(crate) fn new(names: &[NodeName], counts: &[u64], world: World) -> Self {
        let mut cluster = Self {
            world,
            rng: Rng::new(world.seed),
            names: names.to_vec(),
            now: 0.0,
            counts: counts.to_vec(),
            closed: vec![false; counts.len()],
            runs: Vec::new(),
            seen: (0..counts.len()).collect(),
            turn: 0,
            away: 0,
            disconnects: 0,
            queue: BinaryHeap::new(),
            sequence: 0,
        };
        let offset = match world.look {
            Look::OnTheSecond => 0.0,
            Look::Anywhere => cluster.rng.unit(),
        };
        cluster.push(offset, Event::Look);
        cluster
    }

    /// Starts a run now. Whether EMQX takes it.
    pub(crate) fn start(&mut self, run: &Run) -> bool {
        let index = |name: &NodeName| self.names.iter().position(|n| n == name).unwrap();
        let nodes: Vec<usize> = run.nodes.iter().map(index).collect();
        if nodes.iter().any(|i| self.closed[*i]) {
            return false;
        }
        let mean = self.mean(&nodes);
        let (donors, recipients): (Vec<usize>, Vec<usize>) =
            nodes.iter().partition(|i| self.counts[**i] as f64 >= mean);
        if recipients.is_empty() || self.within(&donors, &recipients, &run.strategy) {
            return false;
        }
        for i in &donors {
            self.closed[*i] = true;
        }
        let phase = self.rng.unit() * 0.2;
        let first_tick_s = self.now + f64::from(run.strategy.wait_health_check) + phase;
        self.push(first_tick_s, Event::Tick(self.runs.len()));
        let phase = Some(RunPhase::WaitHealthCheck);
        let run = run.clone();
        self.runs.push(Judged { run, donors, recipients, first_tick_s, phase, ended_s: 0.0 });
        true
    }

    /// Stops the run of `coordinator`. Whether there was one.
    pub(crate) fn stop(&mut self, coordinator: &NodeName) -> bool {
        let is_it = |run: &Judged| run.phase.is_some() && run.run.coordinator == *coordinator;
        let found = self.runs.iter().position(is_it);
        if let Some(run) = found {
            self.reopen(run);
        }
        found.is_some()
    }

    /// Lets everything happen up to `until`, and nothing more.
    pub(crate) fn pass(&mut self, until: f64) {
        let is_due = |at: u64| at as f64 / 1e6 <= until;
        while self.queue.peek().is_some_and(|Reverse((at, ..))| is_due(*at)) {
            self.proceed();
        }
        self.now = until;
    }

    /// Lets everything happen that will.
    pub(crate) fn finish(&mut self) {
        while self.away > 0 || self.is_running() {
            self.proceed();
        }
    }

    fn proceed(&mut self) {
        let Some(Reverse((at, _, event))) = self.queue.pop() else { return };
        self.now = at as f64 / 1e6;
        match event {
            Event::Tick(run) => self.tick(run),
            Event::Reopen(run) => self.reopen(run),
            Event::Look => self.look(),
            Event::Client => self.client(),
        }
    }

    fn is_running(&self) -> bool {
        self.runs.iter().any(|run| run.phase.is_some())
    }

    fn push(&mut self, at_s: f64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse(((at_s * 1e6).round() as u64, self.sequence, event)));
    }

    fn mean(&self, nodes: &[usize]) -> f64 {
        nodes.iter().map(|i| self.counts[*i]).sum::<u64>() as f64 / nodes.len() as f64
    }

    fn within(&self, donors: &[usize], recipients: &[usize], strategy: &Strategy) -> bool {
        let (d, r) = (self.mean(donors), self.mean(recipients));
        d <= r + f64::from(strategy.abs_conn_threshold.get())
            || d <= r * strategy.rel_conn_threshold.get()
    }

    fn tick(&mut self, run: usize) {
        let Judged { donors, recipients, run: judged, phase, .. } = &self.runs[run];
        if phase.is_none() {
            return;
        }
        let strategy = judged.strategy.clone();
        if self.within(donors, recipients, &strategy) {
            self.runs[run].phase = Some(RunPhase::WaitTakeover);
            self.push(self.now + f64::from(strategy.wait_takeover), Event::Reopen(run));
            return;
        }
        let goal = self.mean(recipients);
        let rate = u64::from(strategy.conn_evict_rate.get());
        for i in donors.clone() {
            if self.counts[i] as f64 > goal {
                let dropped = rate.min(self.counts[i]);
                self.counts[i] -= dropped;
                self.disconnects += dropped;
                for _ in 0..dropped {
                    self.come_back();
                }
            }
        }
        self.runs[run].phase = Some(RunPhase::EvictingConns);
        self.push(self.now + 1.0, Event::Tick(run));
    }

    /// A dropped client sets out, unless it never comes.
    fn come_back(&mut self) {
        if let Some(wait) = self.world.fleet.wait(&mut self.rng) {
            self.away += 1;
            self.push(self.now + wait, Event::Client);
        }
    }

    fn reopen(&mut self, run: usize) {
        let judged = &mut self.runs[run];
        if judged.phase.take().is_none() {
            return;
        }
        judged.ended_s = self.now;
        for i in &judged.donors {
            self.closed[*i] = false;
        }
    }

    fn look(&mut self) {
        self.seen = (0..self.counts.len()).filter(|i| !self.closed[*i]).collect();
        self.push(self.now + 1.0, Event::Look);
    }

    fn client(&mut self) {
        match self.pick() {
            Some(node) if !self.closed[node] => {
                self.counts[node] += 1;
                self.away -= 1;
            }
            // One that is refused tries again soon.
            _ => {
                let wait = 0.5 + self.rng.unit();
                self.push(self.now + wait, Event::Client);
            }
        }
    }

    fn pick(&mut self) -> Option<usize> {
        match self.world.deal {
            Deal::RoundRobin => {
                let n = self.counts.len();
                let next = (0..n).map(|k| (self.turn + k) % n).find(|i| self.seen.contains(i))?;
                self.turn = (next + 1) % n;
                Some(next)
            }
            Deal::Random if self.seen.is_empty() => None,
            Deal::Random => Some(self.seen[self.rng.below(self.seen.len())]),
            Deal::LeastConnections => self.seen.iter().copied().min_by_key(|i| self.counts[*i]),
        }
    }
}

impl Judged {
    /// The phase that EMQX shows at `now`: before the first tick it waits.
    pub(crate) fn shown(&self, now: f64) -> Option<RunPhase> {
        let phase = self.phase?;
        Some(if now < self.first_tick_s { RunPhase::WaitHealthCheck } else { phase })
    }
}
