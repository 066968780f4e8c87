//! Clients as numbers: each node's count, and those on their way.

use super::{Counts, Disturbance, Door, Population, Totals};
use crate::balancer::Balancer;
use crate::config::ClusterConfig;
use crate::reconnect::Reconnect;
use crate::rng::Rng;
use emqx_rebalance_core::Timestamp;
use std::collections::BTreeMap;

/// Clients that are counted, not connected: a cluster of any size costs the same.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    nodes: Vec<Home>,
    due: BTreeMap<Timestamp, Vec<Trip>>,
    balancer: Balancer,
    reconnect: Reconnect,
    arrivals: Option<Arrivals>,
    totals: Totals,
    rng: Rng,
}

/// New clients that come.
#[derive(Clone, Copy, Debug)]
struct Arrivals {
    per_s: u64,
    seconds_left: u64,
    next: Timestamp,
}

#[derive(Clone, Debug, Default)]
struct Home {
    connected: u64,
    /// Sessions whose client does not come back.
    offline: u64,
    /// Sessions whose client is travelling.
    waiting: u64,
}

/// Clients that will try to connect at one time.
#[derive(Clone, Debug)]
struct Trip {
    count: u64,
    /// Where their sessions wait for them, if they have any.
    session_on: Option<usize>,
}

impl Counted {
    pub(crate) fn new(config: &ClusterConfig) -> Self {
        let home = |node: &crate::config::NodeConfig| Home {
            connected: node.clients,
            offline: node.disconnected_sessions,
            waiting: 0,
        };
        let balancer =
            Balancer::new(config.load_balancer.clone(), config.nodes.len(), config.seed ^ 0xba1a);
        Self {
            nodes: config.nodes.iter().map(home).collect(),
            due: BTreeMap::new(),
            balancer,
            reconnect: config.reconnect.clone(),
            arrivals: None,
            totals: Totals::default(),
            rng: Rng::new(config.seed),
        }
    }

    /// Puts `trip` on its way, scattered over the reconnect delay.
    fn send(&mut self, now: Timestamp, trip: &Trip) {
        let (min_ms, max_ms) = (self.reconnect.min_ms, self.reconnect.max_ms);
        self.scatter_trip(now, trip, min_ms, max_ms);
    }

    fn scatter_trip(&mut self, now: Timestamp, trip: &Trip, min_ms: u64, max_ms: u64) {
        if trip.count == 0 {
            return;
        }
        let width = max_ms - min_ms;
        let parts = if width == 0 { 1 } else { trip.count.min(SCATTER) };
        for part in 0..parts {
            let count = trip.count / parts + u64::from(part < trip.count % parts);
            let within = width * part / parts + self.rng.below(width / parts + 1);
            let delay = min_ms + within.min(width);
            let trip = Trip { count, session_on: trip.session_on };
            self.due.entry(now.plus_ms(delay)).or_default().push(trip);
        }
    }

    /// Lets `trip` knock wherever the load balancer sends it.
    fn arrive(&mut self, now: Timestamp, trip: &Trip, doors: &[Door]) {
        let connected: Vec<u64> = self.nodes.iter().map(|home| home.connected).collect();
        let shares = self.balancer.route(trip.count, &connected);
        let routed: u64 = shares.iter().sum();
        self.totals.unrouted += trip.count - routed;
        let mut turned_away = trip.count - routed;
        for ((home, door), share) in self.nodes.iter_mut().zip(doors).zip(&shares) {
            if door.accepts {
                home.connected += share;
            } else {
                self.totals.refused += share;
                turned_away += share;
            }
        }
        self.leave_session(trip.session_on, trip.count - turned_away);
        self.totals.travelling -= trip.count - turned_away;
        if turned_away > 0 {
            let again = Trip { count: turned_away, session_on: trip.session_on };
            self.due.entry(now.plus_ms(self.reconnect.retry_ms)).or_default().push(again);
        }
    }

    /// Takes `count` waiting sessions off their node: their clients took them over.
    fn leave_session(&mut self, node: Option<usize>, count: u64) {
        if let Some(home) = node.and_then(|node| self.nodes.get_mut(node)) {
            home.waiting = home.waiting.saturating_sub(count);
        }
    }

    /// Lets a second's worth of new clients come.
    fn welcome(&mut self, now: Timestamp) {
        let Some(mut arrivals) = self.arrivals.filter(|arrivals| arrivals.next <= now) else {
            return;
        };
        self.totals.arrived += arrivals.per_s;
        self.totals.travelling += arrivals.per_s;
        let trip = Trip { count: arrivals.per_s, session_on: None };
        self.scatter_trip(now, &trip, 0, SECOND_MS);
        arrivals.seconds_left -= 1;
        arrivals.next = arrivals.next.plus_ms(SECOND_MS);
        self.arrivals = (arrivals.seconds_left > 0).then_some(arrivals);
    }

    /// How many of `count` evicted clients keep a session while they are away.
    fn persistent(&mut self, count: u64) -> u64 {
        let percent = u64::from(self.reconnect.persistent_percent);
        let hundredths = count * percent;
        let chance = self.rng.below(100) < hundredths % 100;
        hundredths / 100 + u64::from(chance)
    }

    /// Lets `count` travelling clients find their session on `to` instead of `from`.
    fn redirect(&mut self, from: usize, to: usize, mut count: u64) {
        for trips in self.due.values_mut() {
            let mut split = Vec::new();
            for trip in trips.iter_mut().filter(|trip| trip.session_on == Some(from)) {
                let moved = trip.count.min(count);
                count -= moved;
                trip.count -= moved;
                split.push(Trip { count: moved, session_on: Some(to) });
            }
            trips.extend(split);
            trips.retain(|trip| trip.count > 0);
            if count == 0 {
                return;
            }
        }
    }

    /// Spreads `count` sessions at random over `recipients`.
    fn scatter(&mut self, count: u64, recipients: &[usize]) -> Vec<u64> {
        let mut shares = vec![0; recipients.len()];
        for _ in 0..count {
            if let Some(share) = shares.get_mut(self.rng.place(recipients.len())) {
                *share += 1;
            }
        }
        shares
    }
}

impl Population for Counted {
    fn counts(&self, node: usize) -> Counts {
        self.nodes.get(node).map_or_else(Counts::default, |home| Counts {
            connected: home.connected,
            disconnected_sessions: home.offline + home.waiting,
        })
    }

    fn evict(&mut self, now: Timestamp, node: usize, at_most: u64) -> u64 {
        let evicted = self.counts(node).connected.min(at_most);
        let persistent = self.persistent(evicted).min(evicted);
        if let Some(home) = self.nodes.get_mut(node) {
            home.connected -= evicted;
            home.waiting += persistent;
        }
        self.totals.evicted += evicted;
        self.totals.travelling += evicted;
        self.send(now, &Trip { count: persistent, session_on: Some(node) });
        self.send(now, &Trip { count: evicted - persistent, session_on: None });
        evicted
    }

    fn hand_over(&mut self, node: usize, at_most: u64, recipients: &[usize]) -> u64 {
        let Some(home) = self.nodes.get_mut(node).filter(|_| !recipients.is_empty()) else {
            return 0;
        };
        // Those whose client stays away go first; which do in EMQX is the order of a hash table.
        let offline = home.offline.min(at_most);
        let waiting = home.waiting.min(at_most - offline);
        home.offline -= offline;
        home.waiting -= waiting;
        for (to, share) in recipients.iter().zip(self.scatter(offline, recipients)) {
            if let Some(home) = self.nodes.get_mut(*to) {
                home.offline += share;
            }
        }
        for (to, share) in recipients.iter().zip(self.scatter(waiting, recipients)) {
            if let Some(home) = self.nodes.get_mut(*to) {
                home.waiting += share;
            }
            self.redirect(node, *to, share);
        }
        self.totals.sessions_moved += offline + waiting;
        offline + waiting
    }

    fn node_died(&mut self, now: Timestamp, node: usize) {
        let Some(home) = self.nodes.get_mut(node).map(std::mem::take) else {
            return;
        };
        for trip in self.due.values_mut().flatten() {
            if trip.session_on == Some(node) {
                trip.session_on = None;
            }
        }
        self.totals.sessions_lost += home.connected + home.offline + home.waiting;
        self.totals.travelling += home.connected;
        self.send(now, &Trip { count: home.connected, session_on: None });
    }

    fn disturb(&mut self, now: Timestamp, disturbance: &Disturbance) -> bool {
        match disturbance {
            Disturbance::Routing { open } => self.balancer.set_open(*open),
            Disturbance::Reconnect(reconnect) => self.reconnect = reconnect.clone(),
            Disturbance::Arrivals { per_s, for_s } => {
                let arrivals = Arrivals { per_s: *per_s, seconds_left: *for_s, next: now };
                self.arrivals = (*for_s > 0 && *per_s > 0).then_some(arrivals);
            }
        }
        true
    }

    fn next_event(&self) -> Option<Timestamp> {
        let new = self.arrivals.map(|arrivals| arrivals.next);
        let arrival = self.due.keys().next().copied();
        // Checks matter only while somebody is on the way, but their rhythm must not depend on it.
        arrival.into_iter().chain(new).chain(self.balancer.next_check()).min()
    }

    fn advance(&mut self, now: Timestamp, doors: &[Door]) {
        self.balancer.check(now, doors);
        self.welcome(now);
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= now) {
            for trip in entry.remove() {
                self.arrive(now, &trip, doors);
            }
        }
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

/// Into how many arrivals a group of evicted clients is scattered at most.
const SCATTER: u64 = 16;
const SECOND_MS: u64 = 1000;
