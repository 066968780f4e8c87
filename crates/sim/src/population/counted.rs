//! Clients as numbers: each node's count, and those on their way.

use super::travel::{End, Party, Travel, Trip};
use super::{Counts, Disturbance, Door, Population, Totals};
use crate::balancer::Balancer;
use crate::config::ClusterConfig;
use crate::drift::Stream;
use crate::reconnect::Reconnect;
use crate::rng::Rng;
use emqx_rebalance_core::Timestamp;

/// Clients that are counted, not connected: a cluster of any size costs the same.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    nodes: Vec<Home>,
    travel: Travel,
    balancer: Balancer,
    reconnect: Reconnect,
    arrivals: Option<Arrivals>,
    arriving: Option<Stream>,
    departing: Option<Stream>,
    totals: Totals,
    rng: Rng,
}

/// New clients that come on request.
#[derive(Clone, Copy, Debug)]
struct Arrivals {
    per_s: u64,
    seconds_left: u64,
    next: Timestamp,
}

#[derive(Clone, Debug, Default)]
struct Home {
    connected: u64,
    /// Sessions whose client has been away from the start, for good.
    offline: u64,
    /// Sessions whose client left while the cluster ran, to come back or not.
    waiting: u64,
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
            travel: Travel::default(),
            balancer,
            reconnect: config.reconnect.clone(),
            arrivals: None,
            arriving: Stream::new(config.drift.arrivals_per_s, config.seed ^ 0xa441),
            departing: Stream::new(config.drift.departures_per_s, config.seed ^ 0xde9a),
            totals: Totals::default(),
            rng: Rng::new(config.seed),
        }
    }

    /// Puts clients that lost their connection on their way.
    fn send(&mut self, now: Timestamp, party: Party) {
        let never = self.travel.set_out(now, party, &self.reconnect, &mut self.rng);
        self.totals.travelling += party.count - never;
        self.totals.stayed_away += never;
    }

    /// Ends a trip.
    fn end(&mut self, now: Timestamp, trip: Trip, doors: &[Door]) {
        match trip.end {
            End::Knocks => self.arrive(now, trip.party, doors),
            End::Lapses => {
                self.leave_session(trip.party.session_on, trip.party.count);
                self.totals.sessions_expired += trip.party.count;
            }
        }
    }

    /// Lets a party knock wherever the load balancer sends it.
    fn arrive(&mut self, now: Timestamp, party: Party, doors: &[Door]) {
        let connected: Vec<u64> = self.nodes.iter().map(|home| home.connected).collect();
        let shares = self.balancer.route(party.count, &connected);
        let routed: u64 = shares.iter().sum();
        self.totals.unrouted += party.count - routed;
        let mut turned_away = party.count - routed;
        for ((home, door), share) in self.nodes.iter_mut().zip(doors).zip(&shares) {
            if door.accepts {
                home.connected += share;
            } else {
                self.totals.refused += share;
                turned_away += share;
            }
        }
        self.leave_session(party.session_on, party.count - turned_away);
        self.totals.travelling -= party.count - turned_away;
        if turned_away > 0 {
            let again = Party { count: turned_away, ..party };
            self.travel.knock_after(now, self.reconnect.retry_ms, again);
        }
    }

    /// Takes `count` waiting sessions off their node: their clients took them over.
    fn leave_session(&mut self, node: Option<usize>, count: u64) {
        if let Some(home) = node.and_then(|node| self.nodes.get_mut(node)) {
            home.waiting = home.waiting.saturating_sub(count);
        }
    }

    /// Lets a second's worth of requested clients come.
    fn welcome(&mut self, now: Timestamp) {
        let Some(mut arrivals) = self.arrivals.filter(|arrivals| arrivals.next <= now) else {
            return;
        };
        let party = self.newcomers(arrivals.per_s);
        self.travel.scatter(now, party, (0, SECOND_MS), &mut self.rng);
        arrivals.seconds_left -= 1;
        arrivals.next = arrivals.next.plus_ms(SECOND_MS);
        self.arrivals = (arrivals.seconds_left > 0).then_some(arrivals);
    }

    /// Clients that were never here before.
    fn newcomers(&mut self, count: u64) -> Party {
        self.totals.arrived += count;
        self.totals.travelling += count;
        Party { count, session_on: None }
    }

    /// Lets those come and go who do so by themselves.
    fn drift(&mut self, now: Timestamp) {
        let arrived = self.arriving.as_mut().map_or(0, |stream| stream.take(now));
        if arrived > 0 {
            let party = self.newcomers(arrived);
            self.travel.knock_after(now, 0, party);
        }
        let departed = self.departing.as_mut().map_or(0, |stream| stream.take(now));
        for _ in 0..departed {
            self.depart(now);
        }
    }

    /// Lets one client leave for good, if there is any.
    fn depart(&mut self, now: Timestamp) {
        let connected = self.nodes.iter().map(|home| home.connected).sum();
        let mut place = self.rng.below(connected);
        let chosen = self.nodes.iter().position(|home| {
            let is_here = place < home.connected;
            place = place.saturating_sub(home.connected);
            is_here
        });
        let Some(node) = chosen else { return };
        let waiting = self.persistent(1);
        if let Some(home) = self.nodes.get_mut(node) {
            home.connected -= 1;
            home.waiting += waiting;
        }
        self.totals.departed += 1;
        self.travel.stay_away(now, Party { count: waiting, session_on: Some(node) });
    }

    /// How many of `count` clients that leave keep a session while they are away.
    fn persistent(&mut self, count: u64) -> u64 {
        let percent = u64::from(self.reconnect.persistent_percent);
        let hundredths = count * percent;
        let chance = self.rng.below(100) < hundredths % 100;
        hundredths / 100 + u64::from(chance)
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
        self.send(now, Party { count: persistent, session_on: Some(node) });
        self.send(now, Party { count: evicted - persistent, session_on: None });
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
            self.travel.redirect(node, *to, share);
        }
        self.totals.sessions_moved += offline + waiting;
        offline + waiting
    }

    fn node_died(&mut self, now: Timestamp, node: usize) {
        let Some(home) = self.nodes.get_mut(node).map(std::mem::take) else {
            return;
        };
        self.travel.lose_sessions(node);
        self.totals.sessions_lost += home.connected + home.offline + home.waiting;
        self.send(now, Party { count: home.connected, session_on: None });
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
        let drift = [&self.arriving, &self.departing].into_iter().flatten().map(Stream::next);
        // Checks matter only while somebody is on the way, but their rhythm must not depend on it.
        let check = self.balancer.next_check();
        self.travel.next().into_iter().chain(new).chain(drift).chain(check).min()
    }

    fn advance(&mut self, now: Timestamp, doors: &[Door]) {
        self.balancer.check(now, doors);
        self.welcome(now);
        self.drift(now);
        while let Some(trips) = self.travel.take(now) {
            for trip in trips {
                self.end(now, trip, doors);
            }
        }
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

const SECOND_MS: u64 = 1000;
