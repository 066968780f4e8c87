//! One run of several, through its phases.

use super::{PhaseSpan, RunPhase};
use crate::number::float;
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;

/// One start: the nodes it names, by index, and its options.
#[derive(Clone, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) nodes: Vec<usize>,
    pub(crate) strategy: &'a Strategy,
}

/// Counts of every node.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) clients: Vec<f64>,
    /// Clients dropped so far.
    pub(crate) dropped: Vec<f64>,
    /// Sessions whose client is away.
    pub(crate) sessions: Vec<f64>,
}

/// A run that EMQX has accepted.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) run: usize,
    pub(crate) donors: Vec<usize>,
    recipients: Vec<usize>,
    strategy: Strategy,
    phase: Option<RunPhase>,
    /// When each phase began, in order; the last is the end of the run.
    began_s: Vec<u64>,
}

impl Round {
    /// The run that EMQX begins at `start`, or `None` if it says `nothing_to_balance`.
    pub(crate) fn start(
        run: usize,
        start: &Start<'_>,
        counts: &Counts,
        nodes: &[NodeLoad],
    ) -> Option<Self> {
        let of = |i: &usize| counts.clients.get(*i).copied().unwrap_or(0.0);
        let average = mean(&start.nodes, &counts.clients);
        let (donors, recipients): (Vec<usize>, Vec<usize>) =
            start.nodes.iter().partition(|i| of(i) >= average);
        if recipients.is_empty() {
            return None;
        }
        let sessions: Vec<f64> = nodes.iter().map(|load| float(load.sessions)).collect();
        let strategy = start.strategy.clone();
        let conns = (mean(&donors, &counts.clients), mean(&recipients, &counts.clients));
        let all_sessions = (mean(&donors, &sessions), mean(&recipients, &sessions));
        let balanced = strategy.conns_within(conns.0, conns.1)
            && strategy.sessions_within(all_sessions.0, all_sessions.1);
        let phase = Some(RunPhase::WaitHealthCheck);
        (!balanced).then(|| Self { run, donors, recipients, strategy, phase, began_s: vec![0] })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.phase.is_none()
    }

    /// When the run ended, or its last phase began.
    pub(crate) fn ended_s(&self) -> u64 {
        self.began_s.last().copied().unwrap_or(0)
    }

    /// What the coordinator does at second `now`; returns the clients it drops.
    pub(crate) fn tick(&mut self, now: u64, counts: &mut Counts, sessions_moved: &mut f64) -> f64 {
        loop {
            let since = now - self.ended_s();
            match self.phase {
                Some(RunPhase::WaitHealthCheck)
                    if since >= u64::from(self.strategy.wait_health_check) =>
                {
                    self.enter(now, Some(RunPhase::EvictingConns));
                }
                Some(RunPhase::EvictingConns) if self.conns_level(counts) => {
                    self.enter(now, Some(RunPhase::WaitTakeover));
                }
                Some(RunPhase::EvictingConns) => return self.drop(counts, 1),
                Some(RunPhase::WaitTakeover) if since >= u64::from(self.strategy.wait_takeover) => {
                    self.enter(now, Some(RunPhase::EvictingSessions));
                }
                Some(RunPhase::EvictingSessions) if self.sessions_level(counts) => {
                    self.enter(now, None);
                }
                Some(RunPhase::EvictingSessions) => {
                    *sessions_moved += self.move_sessions(counts);
                    return 0.0;
                }
                _ => return 0.0,
            }
        }
    }

    fn enter(&mut self, now: u64, phase: Option<RunPhase>) {
        self.phase = phase;
        self.began_s.push(now);
    }

    fn conns_level(&self, counts: &Counts) -> bool {
        let (donors, recipients) = self.conns(counts);
        self.strategy.conns_within(donors, recipients)
    }

    fn sessions_level(&self, counts: &Counts) -> bool {
        let donors = mean(&self.donors, &counts.sessions);
        self.strategy.sessions_within(donors, mean(&self.recipients, &counts.sessions))
    }

    fn conns(&self, counts: &Counts) -> (f64, f64) {
        (mean(&self.donors, &counts.clients), mean(&self.recipients, &counts.clients))
    }

    /// Clients dropped by `ticks` ticks; 0 unless the run is evicting connections.
    pub(crate) fn drop(&self, counts: &mut Counts, ticks: u64) -> f64 {
        if self.phase != Some(RunPhase::EvictingConns) {
            return 0.0;
        }
        let goal = mean(&self.recipients, &counts.clients);
        let most = f64::from(self.strategy.conn_evict_rate.get()) * float(ticks);
        let before: Vec<f64> = counts_of(&self.donors, &counts.clients).collect();
        let dropped = take(&self.donors, &mut counts.clients, goal, most);
        for (donor, before) in self.donors.iter().zip(before) {
            let now = counts.clients.get(*donor).copied().unwrap_or(before);
            if let Some(dropped) = counts.dropped.get_mut(*donor) {
                *dropped += before - now;
            }
        }
        dropped
    }

    fn move_sessions(&self, counts: &mut Counts) -> f64 {
        let goal = mean(&self.recipients, &counts.sessions);
        let most = f64::from(self.strategy.sess_evict_rate.get());
        let moved = take(&self.donors, &mut counts.sessions, goal, most);
        let each = moved / float(self.recipients.len() as u64);
        for recipient in &self.recipients {
            if let Some(count) = counts.sessions.get_mut(*recipient) {
                *count += each;
            }
        }
        moved
    }

    /// Clients that the next tick drops.
    pub(crate) fn flow(&self, counts: &Counts) -> f64 {
        if self.phase != Some(RunPhase::EvictingConns) {
            return 0.0;
        }
        let goal = mean(&self.recipients, &counts.clients);
        let rate = f64::from(self.strategy.conn_evict_rate.get());
        let above = |i: &&usize| counts.clients.get(**i).is_some_and(|n| *n > goal);
        rate * float(self.donors.iter().filter(above).count() as u64)
    }

    /// Seconds in which the run surely goes on as it does, while `flow` clients a second come back;
    /// `None` if it is over.
    pub(crate) fn calm_s(&self, now: u64, counts: &Counts, flow: f64) -> Option<u64> {
        let since = now - self.ended_s();
        let left = |wait: u32| u64::from(wait).saturating_sub(since).max(1);
        match self.phase? {
            RunPhase::WaitHealthCheck => Some(left(self.strategy.wait_health_check)),
            RunPhase::WaitTakeover => Some(left(self.strategy.wait_takeover)),
            RunPhase::EvictingSessions => Some(1),
            RunPhase::EvictingConns => Some(self.calm_ticks(counts, flow)),
        }
    }

    fn calm_ticks(&self, counts: &Counts, flow: f64) -> u64 {
        let (donors, recipients) = self.conns(counts);
        let rate = f64::from(self.strategy.conn_evict_rate.get());
        let rise = flow / float(self.recipients.len() as u64);
        let rel = self.strategy.rel_conn_threshold.get();
        let abs = f64::from(self.strategy.abs_conn_threshold.get());
        let mut ticks = (donors - recipients - abs) / (rate + rise);
        ticks = ticks.min((donors - recipients * rel) / (rate + rise * rel));
        for donor in self.donors.iter().filter_map(|i| counts.clients.get(*i)) {
            if *donor > recipients {
                ticks = ticks.min((donor - recipients) / (rate + rise)).min(donor / rate);
            }
        }
        crate::number::whole((ticks - 2.0).max(1.0))
    }

    /// The phases that the run has been through.
    pub(crate) fn phases(&self) -> impl Iterator<Item = PhaseSpan> + '_ {
        let spans = self.began_s.iter().zip(self.began_s.iter().skip(1));
        PHASES.into_iter().zip(spans).map(|(phase, (from_s, to_s))| PhaseSpan {
            run: self.run,
            phase,
            from_s: *from_s,
            to_s: *to_s,
        })
    }
}

const PHASES: [RunPhase; 4] = [
    RunPhase::WaitHealthCheck,
    RunPhase::EvictingConns,
    RunPhase::WaitTakeover,
    RunPhase::EvictingSessions,
];

/// Takes up to `most` from every donor that is above `goal`.
fn take(donors: &[usize], counts: &mut [f64], goal: f64, most: f64) -> f64 {
    let mut taken = 0.0;
    for donor in donors {
        if let Some(count) = counts.get_mut(*donor)
            && *count > goal
        {
            let lost = most.min(count.floor());
            *count -= lost;
            taken += lost;
        }
    }
    taken
}

fn counts_of<'a>(nodes: &'a [usize], counts: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    nodes.iter().map(|i| counts.get(*i).copied().unwrap_or(0.0))
}

fn mean(nodes: &[usize], counts: &[f64]) -> f64 {
    let sum: f64 = nodes.iter().filter_map(|i| counts.get(*i)).sum();
    sum / float(nodes.len() as u64).max(1.0)
}
