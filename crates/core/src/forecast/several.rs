//! Several EMQX rebalances at once by EMQX's rules, with clients that take their time to come back.
//!
//! Expected values, second by second: each run goes through its phases as its own averages say,
//! clients come back over the seconds after they were dropped, and a node that serves again gets
//! clients from the next second on, when the load balancer has noticed. Stretches in which nothing
//! but counts changes are taken in one leap.

use super::points::Points;
use super::returns::Returns;
use super::rounds::{Counts, Round, Start};
use super::spread::Spread;
use super::{Forecast, NodeEnd, Peak};
use crate::number::{float, whole};
use crate::reconnect::ReconnectProfile;
use crate::snapshot::{NodeLoad, NodeStatus};

/// The world around the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World<'a> {
    pub(crate) spread: Spread,
    /// How evicted clients come back.
    pub(crate) profile: &'a ReconnectProfile,
    /// Seconds after the full second at which coordinators tick, on average.
    pub(crate) tick_lag_s: f64,
}

/// What several starts will do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outlook {
    pub(crate) forecast: Forecast,
    /// When each start's run ends, in seconds; `None` if EMQX refuses the start.
    pub(crate) ends_s: Vec<Option<u64>>,
    /// Clients that each node drops.
    pub(crate) dropped: Vec<u64>,
}

/// Forecasts `starts`, sent at once in this order, where the balancer knows the nodes that are
/// `serving`.
pub(crate) fn simulate_all(
    nodes: &[NodeLoad],
    serving: &[bool],
    starts: &[Start<'_>],
    world: World<'_>,
) -> Outlook {
    let mut cluster = Cluster::new(nodes, serving, world);
    for (run, start) in starts.iter().enumerate() {
        cluster.start(run, start, nodes);
    }
    let mut curve = Points::new(nodes);
    curve.record(cluster.now, cluster.rounded(), 0, !cluster.is_busy());
    while cluster.is_busy() {
        let seconds = cluster.calm_s();
        if seconds > 1 {
            cluster.leap(seconds);
        } else {
            cluster.second();
        }
        curve.record(cluster.now, cluster.rounded(), cluster.away(), !cluster.is_busy());
    }
    cluster.outlook(nodes, starts.len(), curve)
}

struct Cluster<'a> {
    world: World<'a>,
    now: u64,
    counts: Counts,
    serving: Vec<bool>,
    /// What the balancer takes to be open.
    open: Vec<bool>,
    rounds: Vec<Round>,
    returns: Returns,
    /// Clients that found no node open.
    nowhere: f64,
    /// Clients that were sent to a node.
    returned: f64,
    /// Since when 99 % of those are back who come.
    back_s: u64,
    disconnects: f64,
    sessions_moved: f64,
    peak: Peak,
}

impl<'a> Cluster<'a> {
    fn new(nodes: &[NodeLoad], serving: &[bool], world: World<'a>) -> Self {
        Self {
            world,
            now: 0,
            counts: Counts {
                clients: nodes.iter().map(|load| float(load.connections)).collect(),
                dropped: vec![0.0; nodes.len()],
                sessions: nodes.iter().map(|load| float(load.disconnected_sessions)).collect(),
            },
            open: serving.to_vec(),
            serving: serving.to_vec(),
            rounds: Vec::new(),
            returns: Returns::new(world.profile, world.tick_lag_s),
            nowhere: 0.0,
            returned: 0.0,
            back_s: 0,
            disconnects: 0.0,
            sessions_moved: 0.0,
            peak: Peak::default(),
        }
    }

    fn start(&mut self, run: usize, start: &Start<'_>, nodes: &[NodeLoad]) {
        let closed = |i: &usize| self.rounds.iter().any(|round| round.donors.contains(i));
        let down = |i: &usize| nodes.get(*i).is_none_or(|load| load.status != NodeStatus::Running);
        if start.nodes.iter().any(|i| closed(i) || down(i)) {
            return;
        }
        if let Some(round) = Round::start(run, start, &self.counts, nodes) {
            self.rounds.push(round);
        }
    }

    /// Clients as whole numbers, and disconnected sessions, of every node.
    fn rounded(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        let clients = self.counts.clients.iter().map(|n| whole(n.round()));
        clients.zip(self.counts.sessions.iter().copied())
    }

    /// Clients that were dropped and are not back.
    fn away(&self) -> u64 {
        whole((self.disconnects - self.returned).round().max(0.0))
    }

    fn is_busy(&self) -> bool {
        self.rounds.iter().any(|round| !round.is_over()) || !self.returns.is_empty()
    }

    /// What the balancer sees at a full second.
    fn look(&mut self) {
        self.open.clone_from(&self.serving);
        for round in self.rounds.iter().filter(|round| !round.is_over()) {
            for donor in &round.donors {
                if let Some(open) = self.open.get_mut(*donor) {
                    *open = false;
                }
            }
        }
    }

    fn second(&mut self) {
        self.look();
        let early = self.returns.before_ticks();
        self.send(early);
        let mut dropped = 0.0;
        for round in &mut self.rounds {
            dropped += round.tick(self.now, &mut self.counts, &mut self.sessions_moved);
        }
        self.disconnects += dropped;
        let late = self.returns.after_ticks(dropped);
        self.send(late);
        self.now += 1;
        self.note(early + late);
    }

    /// Takes note of what the seconds up to now came to, with `back` clients back in each.
    fn note(&mut self, back: f64) {
        let open = float(self.open.iter().filter(|open| **open).count() as u64);
        self.peak.node_reconnects = self.peak.node_reconnects.max(back / open.max(1.0));
        self.peak.reconnects = self.peak.reconnects.max(back);
        self.peak.away = self.peak.away.max(self.away());
        if self.returned < NEARLY_ALL * self.disconnects * self.world.profile.comes() {
            self.back_s = self.now + 1;
        }
    }

    fn send(&mut self, clients: f64) {
        let clients = clients + std::mem::take(&mut self.nowhere);
        if self.open.iter().any(|open| *open) {
            self.world.spread.send(clients, &mut self.counts.clients, &self.open);
            self.returned += clients;
        } else {
            self.nowhere = clients;
        }
    }

    /// Seconds in which surely nothing but counts changes.
    fn calm_s(&self) -> u64 {
        if !self.returns.is_steady() {
            return 1;
        }
        let flow: f64 = self.rounds.iter().map(|round| round.flow(&self.counts)).sum();
        let calm = |round: &Round| round.calm_s(self.now, &self.counts, flow);
        self.rounds.iter().filter_map(calm).min().unwrap_or(1).min(1 + self.now / 50)
    }

    fn leap(&mut self, seconds: u64) {
        self.look();
        let dropped: f64 =
            self.rounds.iter().map(|round| round.drop(&mut self.counts, seconds)).sum();
        self.disconnects += dropped;
        let back = self.returns.leap(seconds);
        self.send(back * float(seconds));
        self.now += seconds;
        self.note(back);
    }

    fn outlook(self, nodes: &[NodeLoad], starts: usize, curve: Points) -> Outlook {
        let stray = self.disconnects - self.returned;
        let mut ends_s = vec![None; starts];
        for round in &self.rounds {
            if let Some(end) = ends_s.get_mut(round.run) {
                *end = Some(round.ended_s());
            }
        }
        let clients = whole_counts(&self.counts.clients, nodes, stray);
        let end = nodes.iter().zip(clients).zip(&self.counts.sessions);
        let mut phases: Vec<_> = self.rounds.iter().flat_map(Round::phases).collect();
        phases.sort_by_key(|span| (span.run, span.phase));
        let longest = |phase| {
            let spans = phases.iter().filter(|span| span.phase == phase);
            spans.map(|span| span.to_s - span.from_s).max().unwrap_or(0)
        };
        let forecast = Forecast {
            duration_s: ends_s.iter().flatten().max().copied().unwrap_or(0),
            conn_evict_s: longest(super::RunPhase::EvictingConns),
            sess_evict_s: longest(super::RunPhase::EvictingSessions),
            disconnects: whole(self.disconnects.round()),
            back_s: self.back_s,
            missing: whole((self.disconnects * (1.0 - self.world.profile.comes())).round()),
            peak: self.peak,
            sessions_moved: self.sessions_moved,
            end: end
                .map(|((load, connections), sessions)| NodeEnd {
                    node: load.node.clone(),
                    connections,
                    disconnected_sessions: *sessions,
                })
                .collect(),
            phases,
            curve: curve.into_curve(),
        };
        let dropped = self.counts.dropped.iter().map(|n| whole(n.round())).collect();
        Outlook { forecast, ends_s, dropped }
    }
}

/// The share of those that come which counts as all.
const NEARLY_ALL: f64 = 0.99;

/// `counts` as whole numbers of the same sum as `nodes` have, less those that are nowhere.
pub(crate) fn whole_counts(counts: &[f64], nodes: &[NodeLoad], stray: f64) -> Vec<u64> {
    let total: u64 = nodes.iter().map(|load| load.connections).sum();
    let total = total.saturating_sub(whole(stray.round()));
    let mut whole: Vec<u64> = counts.iter().map(|n| whole(n.floor())).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    let rest = |i: &usize| counts.get(*i).map_or(0.0, |n| n - n.floor());
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)).then(a.cmp(b)));
    let missing = total.saturating_sub(whole.iter().sum());
    for i in order.into_iter().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        if let Some(count) = whole.get_mut(i) {
            *count += 1;
        }
    }
    whole
}
