//! An independent simulation of EMQX's rules, client by client, to judge plans by.
//!
//! It knows nothing of how a plan was made: it reads the plan's runs in order, as a cluster would
//! get them. Evicted clients come back one by one, 0.5 to 1.5 times the delay later, through a load
//! balancer that looks at the nodes once a second; coordinators tick up to 0.2 s out of phase.
//! A donor is closed from the start of its run to its end, as in EMQX before 5.4.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test support: a panic is a failed test, and counts are small"
)]

pub(crate) mod clusters;
mod fleet;
mod rng;
mod tally;

pub(crate) use fleet::Fleet;
pub(crate) use rng::Rng;
pub(crate) use tally::Tally;

use emqx_rebalance_core::{NodeName, Run, Strategy};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How the load balancer deals clients out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deal {
    RoundRobin,
    Random,
    LeastConnections,
}

/// When the balancer looks at the nodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// On the second, with the first start.
    OnTheSecond,
    /// Once a second, at any part of it.
    Anywhere,
}

/// The world around the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) deal: Deal,
    pub(crate) look: Look,
    pub(crate) fleet: Fleet,
    pub(crate) seed: u64,
}

/// What a plan did.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) counts: Vec<u64>,
    pub(crate) disconnects: u64,
    /// Seconds from the first start to the end of the last run.
    pub(crate) duration_s: f64,
    /// Starts that EMQX refused.
    pub(crate) refused: usize,
}

impl Verdict {
    /// The fullest node over the mean.
    pub(crate) fn over(&self) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let max = self.counts.iter().max().copied().unwrap_or(0);
        max as f64 * self.counts.len() as f64 / total as f64 - 1.0
    }
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Tick(usize),
    Reopen(usize),
    Look,
    Client,
}

struct Judged {
    strategy: Strategy,
    donors: Vec<usize>,
    recipients: Vec<usize>,
    ended_s: f64,
}

struct Cluster {
    world: World,
    rng: Rng,
    counts: Vec<u64>,
    closed: Vec<bool>,
    seen: Vec<usize>,
    turn: usize,
    away: u64,
    disconnects: u64,
    running: usize,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
}

/// Plays `runs` on nodes `names` that hold `counts` clients.
pub(crate) fn judge(names: &[NodeName], counts: &[u64], runs: &[Run], world: World) -> Verdict {
    let mut cluster = Cluster {
        world,
        rng: Rng::new(world.seed),
        counts: counts.to_vec(),
        closed: vec![false; counts.len()],
        seen: (0..counts.len()).collect(),
        turn: 0,
        away: 0,
        disconnects: 0,
        running: 0,
        queue: BinaryHeap::new(),
        sequence: 0,
    };
    let index = |name: &NodeName| names.iter().position(|n| n == name).unwrap();
    let mut judged: Vec<Judged> = Vec::new();
    let mut refused = 0;
    for run in runs {
        let nodes: Vec<usize> = run.nodes.iter().map(index).collect();
        match cluster.start(&nodes, &run.strategy) {
            Some(accepted) => {
                let phase = cluster.rng.unit() * 0.2;
                let first = f64::from(run.strategy.wait_health_check) + phase;
                cluster.push(first, Event::Tick(judged.len()));
                judged.push(accepted);
            }
            None => refused += 1,
        }
    }
    cluster.running = judged.len();
    let offset = match world.look {
        Look::OnTheSecond => 0.0,
        Look::Anywhere => cluster.rng.unit(),
    };
    cluster.push(offset, Event::Look);
    while let Some(Reverse((at, _, event))) = cluster.queue.pop() {
        let now = at as f64 / 1e6;
        match event {
            Event::Tick(run) => cluster.tick(now, run, &mut judged[run]),
            Event::Reopen(run) => cluster.reopen(now, &mut judged[run]),
            Event::Look => cluster.look(now),
            Event::Client => cluster.client(now),
        }
    }
    Verdict {
        disconnects: cluster.disconnects,
        duration_s: judged.iter().map(|run| run.ended_s).fold(0.0, f64::max),
        refused,
        counts: cluster.counts,
    }
}

impl Cluster {
    fn push(&mut self, at_s: f64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse(((at_s * 1e6).round() as u64, self.sequence, event)));
    }

    fn mean(&self, nodes: &[usize]) -> f64 {
        nodes.iter().map(|i| self.counts[*i]).sum::<u64>() as f64 / nodes.len() as f64
    }

    fn start(&mut self, nodes: &[usize], strategy: &Strategy) -> Option<Judged> {
        if nodes.iter().any(|i| self.closed[*i]) {
            return None;
        }
        let mean = self.mean(nodes);
        let (donors, recipients): (Vec<usize>, Vec<usize>) =
            nodes.iter().partition(|i| self.counts[**i] as f64 >= mean);
        if recipients.is_empty() || self.within(&donors, &recipients, strategy) {
            return None;
        }
        for i in &donors {
            self.closed[*i] = true;
        }
        Some(Judged { strategy: strategy.clone(), donors, recipients, ended_s: 0.0 })
    }

    fn within(&self, donors: &[usize], recipients: &[usize], strategy: &Strategy) -> bool {
        let (d, r) = (self.mean(donors), self.mean(recipients));
        d <= r + f64::from(strategy.abs_conn_threshold.get())
            || d <= r * strategy.rel_conn_threshold.get()
    }

    fn tick(&mut self, now: f64, run: usize, judged: &mut Judged) {
        if self.within(&judged.donors, &judged.recipients, &judged.strategy) {
            let end = now + f64::from(judged.strategy.wait_takeover);
            self.push(end, Event::Reopen(run));
            return;
        }
        let goal = self.mean(&judged.recipients);
        let rate = u64::from(judged.strategy.conn_evict_rate.get());
        for i in judged.donors.clone() {
            if self.counts[i] as f64 > goal {
                let dropped = rate.min(self.counts[i]);
                self.counts[i] -= dropped;
                self.disconnects += dropped;
                for _ in 0..dropped {
                    self.away += 1;
                    self.come_back(now);
                }
            }
        }
        self.push(now + 1.0, Event::Tick(run));
    }

    /// A dropped client sets out, unless it never comes.
    fn come_back(&mut self, now: f64) {
        match self.world.fleet.wait(&mut self.rng) {
            Some(wait) => self.push(now + wait, Event::Client),
            None => self.away -= 1,
        }
    }

    /// A client that was refused tries again soon.
    fn try_again(&mut self, now: f64) {
        let wait = 0.5 + self.rng.unit();
        self.push(now + wait, Event::Client);
    }

    fn reopen(&mut self, now: f64, judged: &mut Judged) {
        judged.ended_s = now;
        self.running -= 1;
        for i in &judged.donors {
            self.closed[*i] = false;
        }
    }

    fn look(&mut self, now: f64) {
        self.seen = (0..self.counts.len()).filter(|i| !self.closed[*i]).collect();
        if self.away > 0 || self.running > 0 {
            self.push(now + 1.0, Event::Look);
        }
    }

    fn client(&mut self, now: f64) {
        match self.pick() {
            Some(node) if !self.closed[node] => {
                self.counts[node] += 1;
                self.away -= 1;
            }
            _ => self.try_again(now),
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
