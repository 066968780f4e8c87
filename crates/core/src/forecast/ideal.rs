//! One EMQX rebalance by EMQX's rules, with clients that come back at once, dealt round robin in
//! the snapshot's order over the nodes that accept connections.
//!
//! Between two events (a donor runs empty or falls to the recipients' average, the averages come
//! within the thresholds) every tick does the same, so whole stretches are taken in one leap: the
//! cost depends on the number of events, not of clients or ticks.
//!
//! Source: EMQX `apps/emqx_node_rebalance/src/emqx_node_rebalance.erl`, the same rules 4.4 to 6.x;
//! checked against vectors/single.json.

use super::points::Points;
use super::{Forecast, NodeEnd, PhaseSpan, RunPhase};
use crate::number::float;
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::strategy::Strategy;

/// What a node is in a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    Donor,
    Recipient,
    /// In the cluster but not in the run. It accepts connections if it is running.
    Outside,
}

/// Forecasts one run over `nodes`, whose parts in it are `groups`.
///
/// There must be a donor and a recipient, as EMQX requires for a start.
pub(crate) fn simulate(nodes: &[NodeLoad], groups: &[Group], strategy: &Strategy) -> Forecast {
    let mut state = State::new(nodes, groups);
    let mut forecast = Forecast::default();
    let mut curve = Points::new(nodes);
    let mut now = 0;
    let enter = |phases: &mut Vec<PhaseSpan>, phase, from_s, to_s| {
        phases.push(PhaseSpan { run: 0, phase, from_s, to_s });
    };
    curve.record(now, state.counts(), 0, false);

    let evicting = now + u64::from(strategy.wait_health_check);
    enter(&mut forecast.phases, RunPhase::WaitHealthCheck, now, evicting);
    now = evicting;
    curve.record(now, state.counts(), 0, false);
    while let Some(leap) = state.next_conn_ticks(strategy) {
        let dropped = state.evict_conns(&leap);
        forecast.disconnects += dropped;
        let a_tick = float(dropped) / float(leap.ticks);
        forecast.peak.reconnects = forecast.peak.reconnects.max(a_tick);
        now += leap.ticks;
        curve.record(now, state.counts(), 0, false);
    }
    enter(&mut forecast.phases, RunPhase::EvictingConns, evicting, now);
    forecast.conn_evict_s = now - evicting;
    forecast.back_s = if forecast.disconnects > 0 { now } else { 0 };
    forecast.peak.node_reconnects = forecast.peak.reconnects / count(&state.accepting).max(1.0);

    let moving = now + u64::from(strategy.wait_takeover);
    enter(&mut forecast.phases, RunPhase::WaitTakeover, now, moving);
    now = moving;
    curve.record(now, state.counts(), 0, false);
    let mut moved = 0;
    while let Some(leap) = state.next_session_ticks(strategy) {
        moved += state.move_sessions(&leap);
        now += leap.ticks;
        curve.record(now, state.counts(), 0, false);
    }
    curve.record(now, state.counts(), 0, true);
    enter(&mut forecast.phases, RunPhase::EvictingSessions, moving, now);
    forecast.sess_evict_s = now - moving;
    forecast.sessions_moved = float(moved);
    forecast.duration_s = now;
    forecast.end = state.ends(nodes);
    forecast.curve = curve.into_curve();
    forecast
}

/// Ticks that all do the same.
struct Leap {
    ticks: u64,
    /// What each active donor loses per tick.
    rate: u64,
    /// Donors above the recipients' average, as indices.
    active: Vec<usize>,
}

struct State {
    donors: Vec<usize>,
    recipients: Vec<usize>,
    /// Nodes that accept connections, in order.
    accepting: Vec<usize>,
    /// Which of `accepting` gets the next client.
    turn: usize,
    conns: Vec<u64>,
    /// Disconnected sessions that have not left their node.
    own_sessions: Vec<u64>,
    /// Disconnected sessions moved to the recipients, all together.
    moved_sessions: u64,
}

impl State {
    fn new(nodes: &[NodeLoad], groups: &[Group]) -> Self {
        let of = |group: Group| -> Vec<usize> {
            groups.iter().enumerate().filter(|(_, g)| **g == group).map(|(i, _)| i).collect()
        };
        let accepts = |(load, group): (&NodeLoad, &Group)| {
            load.status == NodeStatus::Running && *group != Group::Donor
        };
        let accepting = nodes.iter().zip(groups).enumerate().filter(|(_, pair)| accepts(*pair));
        Self {
            donors: of(Group::Donor),
            recipients: of(Group::Recipient),
            accepting: accepting.map(|(i, _)| i).collect(),
            turn: 0,
            conns: nodes.iter().map(|load| load.connections).collect(),
            own_sessions: nodes.iter().map(|load| load.disconnected_sessions).collect(),
            moved_sessions: 0,
        }
    }

    /// The next ticks that evict connections, or `None` once EMQX would call it balanced.
    fn next_conn_ticks(&self, strategy: &Strategy) -> Option<Leap> {
        let donors = mean(self.donors.iter().map(|i| self.conn(*i)), self.donors.len());
        let recipients = mean(self.recipients.iter().map(|i| self.conn(*i)), self.recipients.len());
        if strategy.conns_within(donors, recipients) {
            return None;
        }
        let rate = u64::from(strategy.conn_evict_rate.get());
        let rel = strategy.rel_conn_threshold.get();
        let abs = f64::from(strategy.abs_conn_threshold.get());
        Some(self.leap(&self.conns, rate, donors, recipients, (abs, rel)))
    }

    /// The next ticks that move sessions, or `None` once EMQX would call it balanced.
    fn next_session_ticks(&self, strategy: &Strategy) -> Option<Leap> {
        let own = |indices: &[usize]| -> u64 {
            indices.iter().filter_map(|i| self.own_sessions.get(*i)).sum()
        };
        let donors = float(own(&self.donors)) / count(&self.donors);
        let recipients =
            float(own(&self.recipients) + self.moved_sessions) / count(&self.recipients);
        if strategy.sessions_within(donors, recipients) {
            return None;
        }
        let rate = u64::from(strategy.sess_evict_rate.get());
        let rel = strategy.rel_sess_threshold.get();
        let abs = f64::from(strategy.abs_sess_threshold.get());
        Some(self.leap(&self.own_sessions, rate, donors, recipients, (abs, rel)))
    }

    /// As many ticks as surely do the same as the next one, at least 1.
    ///
    /// Everything that a tick frees is taken to land on the recipients, so their average is never
    /// reckoned too low and no event is leapt over.
    fn leap(
        &self,
        counts: &[u64],
        rate: u64,
        donors: f64,
        recipients: f64,
        (abs, rel): (f64, f64),
    ) -> Leap {
        let of = |i: &usize| counts.get(*i).copied().unwrap_or(0);
        let active: Vec<usize> =
            self.donors.iter().copied().filter(|i| float(of(i)) > recipients).collect();
        let freed = float(rate) * count(&active);
        let fall = freed / count(&self.donors);
        let rise = freed / count(&self.recipients);
        let mut ticks = (donors - recipients - abs) / (fall + rise);
        ticks = ticks.min((donors - recipients * rel) / (fall + rise * rel));
        for i in &active {
            ticks = ticks.min((float(of(i)) - recipients) / (float(rate) + rise));
            ticks = ticks.min(float(of(i) / rate));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a finite number of ticks, clamped to at least 1"
        )]
        let ticks = (ticks.floor() - 1.0).max(1.0) as u64;
        Leap { ticks, rate, active }
    }

    fn evict_conns(&mut self, leap: &Leap) -> u64 {
        let dropped = take(&mut self.conns, leap);
        let homes = self.accepting.len().max(1) as u64;
        let (each, rest) = (dropped / homes, dropped % homes);
        for (k, i) in self.accepting.iter().enumerate() {
            let place = (k + self.accepting.len() - self.turn) as u64 % homes;
            if let Some(conns) = self.conns.get_mut(*i) {
                *conns += each + u64::from(place < rest);
            }
        }
        let turn = (self.turn as u64 + rest) % homes;
        self.turn = usize::try_from(turn).unwrap_or(0);
        dropped
    }

    fn move_sessions(&mut self, leap: &Leap) -> u64 {
        let moved = take(&mut self.own_sessions, leap);
        self.moved_sessions += moved;
        moved
    }

    fn conn(&self, node: usize) -> u64 {
        self.conns.get(node).copied().unwrap_or(0)
    }

    fn counts(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        let arrived = float(self.moved_sessions) / count(&self.recipients);
        let sessions = self.own_sessions.iter().enumerate().map(move |(i, own)| {
            let arrived = if self.recipients.contains(&i) { arrived } else { 0.0 };
            float(*own) + arrived
        });
        self.conns.iter().copied().zip(sessions)
    }

    fn ends(&self, nodes: &[NodeLoad]) -> Vec<NodeEnd> {
        let end = |(load, (connections, disconnected_sessions)): (&NodeLoad, (u64, f64))| NodeEnd {
            node: load.node.clone(),
            connections,
            disconnected_sessions,
        };
        nodes.iter().zip(self.counts()).map(end).collect()
    }
}

/// Takes what the active donors lose in `leap` out of `counts`.
fn take(counts: &mut [u64], leap: &Leap) -> u64 {
    let mut taken = 0;
    for i in &leap.active {
        if let Some(own) = counts.get_mut(*i) {
            let lost = leap.rate.saturating_mul(leap.ticks).min(*own);
            *own -= lost;
            taken += lost;
        }
    }
    taken
}

fn mean(counts: impl Iterator<Item = u64>, len: usize) -> f64 {
    float(counts.sum()) / float(len as u64)
}

fn count(indices: &[usize]) -> f64 {
    float(indices.len() as u64)
}
