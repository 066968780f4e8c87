//! One rebalance, as its coordinator runs it.

use crate::population::{Counts, Population};
use emqx_rebalance_core::{RunPhase, Strategy, Timestamp};

/// Milliseconds between two rounds of eviction. Source: EMQX's `EVICT_INTERVAL`.
pub(crate) const EVICT_INTERVAL_MS: u64 = 1000;

/// A running rebalance.
///
/// Donors and recipients are settled at the start and never change. Nothing is kept once it ends.
#[derive(Clone, Debug)]
pub(crate) struct Rebalance {
    pub(crate) coordinator: usize,
    pub(crate) donors: Vec<usize>,
    pub(crate) recipients: Vec<usize>,
    pub(crate) strategy: Strategy,
    pub(crate) rpc_timeouts: RpcTimeouts,
    pub(crate) phase: RunPhase,
    /// When the coordinator does something next.
    pub(crate) wake_at: Timestamp,
    /// Since when the coordinator waits for a node that does not answer, if it does.
    pub(crate) stuck: Option<Timestamp>,
    /// Averages of connections at the last round that evicted some.
    pub(crate) conns: Option<Averages>,
    /// Averages of disconnected sessions at the last round that moved some.
    pub(crate) sessions: Option<Averages>,
}

/// How long one round of a rebalance may take on the donors, in milliseconds. Since EMQX 5.9.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RpcTimeouts {
    pub(crate) conns_ms: u32,
    pub(crate) sessions_ms: u32,
}

impl Default for RpcTimeouts {
    fn default() -> Self {
        Self { conns_ms: 15_000, sessions_ms: 15_000 }
    }
}

/// Averages over donors and over recipients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Averages {
    pub(crate) donors: f64,
    /// EMQX calls this one the goal.
    pub(crate) recipients: f64,
}

/// What a round came to.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Round {
    Continues,
    Ended,
    /// Nodes of the run did not answer: the coordinator dies.
    Crashed,
}

/// Which nodes would give and which would take.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Sides {
    pub(crate) donors: Vec<usize>,
    pub(crate) recipients: Vec<usize>,
}

impl Sides {
    /// Donors are the nodes at or above the average of `nodes`; `None` if there is nothing to do.
    /// `away` is the number of durable sessions in the cluster whose client is away: EMQX takes
    /// them for every node's own.
    pub(crate) fn of(
        nodes: &[usize],
        population: &dyn Population,
        strategy: &Strategy,
        away: u64,
    ) -> Option<Self> {
        let connected = |counts: Counts| counts.connected;
        let mean = average(nodes, population, connected);
        let is_donor = |node: &usize| float(population.counts(*node).connected) >= mean;
        let (donors, recipients): (Vec<_>, Vec<_>) = nodes.iter().copied().partition(is_donor);
        if donors.is_empty() || recipients.is_empty() {
            return None;
        }
        let conns = Averages::of(&donors, &recipients, population, connected);
        // At the start every session counts; later only those without a client do.
        let all_sessions = |counts: Counts| counts.sessions() + away;
        let sessions = Averages::of(&donors, &recipients, population, all_sessions);
        let within = strategy.conns_within(conns.donors, conns.recipients)
            && strategy.sessions_within(sessions.donors, sessions.recipients);
        (!within).then_some(Self { donors, recipients })
    }
}

impl Rebalance {
    pub(crate) fn new(
        now: Timestamp,
        coordinator: usize,
        sides: Sides,
        strategy: Strategy,
        rpc_timeouts: RpcTimeouts,
    ) -> Self {
        let wait = u64::from(strategy.wait_health_check) * 1000;
        Self {
            coordinator,
            donors: sides.donors,
            recipients: sides.recipients,
            strategy,
            rpc_timeouts,
            phase: RunPhase::WaitHealthCheck,
            wake_at: now.plus_ms(wait),
            stuck: None,
            conns: None,
            sessions: None,
        }
    }

    /// Does what is due at `wake_at`. `is_up` tells whether a node answers its coordinator.
    pub(crate) fn wake(
        &mut self,
        population: &mut dyn Population,
        is_up: impl Fn(usize) -> bool,
    ) -> Round {
        if !self.donors.iter().chain(&self.recipients).all(|node| is_up(*node)) {
            return Round::Crashed;
        }
        match self.phase {
            RunPhase::WaitHealthCheck | RunPhase::EvictingConns => {
                self.phase = RunPhase::EvictingConns;
                self.evict_conns(population);
                Round::Continues
            }
            RunPhase::WaitTakeover | RunPhase::EvictingSessions => {
                self.phase = RunPhase::EvictingSessions;
                self.move_sessions(population)
            }
        }
    }

    fn evict_conns(&mut self, population: &mut dyn Population) {
        let connected = |counts: Counts| counts.connected;
        let averages = Averages::of(&self.donors, &self.recipients, population, connected);
        if self.strategy.conns_within(averages.donors, averages.recipients) {
            self.phase = RunPhase::WaitTakeover;
            self.wake_at = self.wake_at.plus_ms(u64::from(self.strategy.wait_takeover) * 1000);
            return;
        }
        // Only now, so a run that ends at its first round never shows a goal.
        self.conns = Some(averages);
        for donor in &self.donors {
            if float(population.counts(*donor).connected) > averages.recipients {
                let rate = self.strategy.conn_evict_rate.get();
                population.evict(self.wake_at, *donor, rate.into());
            }
        }
        self.wake_at = self.wake_at.plus_ms(EVICT_INTERVAL_MS);
    }

    fn move_sessions(&mut self, population: &mut dyn Population) -> Round {
        let away = |counts: Counts| counts.disconnected_sessions;
        let averages = Averages::of(&self.donors, &self.recipients, population, away);
        if self.strategy.sessions_within(averages.donors, averages.recipients) {
            return Round::Ended;
        }
        self.sessions = Some(averages);
        for donor in &self.donors {
            if float(population.counts(*donor).disconnected_sessions) > averages.recipients {
                let rate = self.strategy.sess_evict_rate.get();
                population.hand_over(*donor, rate.into(), &self.recipients);
            }
        }
        self.wake_at = self.wake_at.plus_ms(EVICT_INTERVAL_MS);
        Round::Continues
    }
}

impl Averages {
    fn of(
        donors: &[usize],
        recipients: &[usize],
        population: &dyn Population,
        count: impl Fn(Counts) -> u64,
    ) -> Self {
        Self {
            donors: average(donors, population, &count),
            recipients: average(recipients, population, &count),
        }
    }
}

fn average(nodes: &[usize], population: &dyn Population, count: impl Fn(Counts) -> u64) -> f64 {
    let sum: u64 = nodes.iter().map(|node| count(population.counts(*node))).sum();
    float(sum) / float(nodes.len() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
