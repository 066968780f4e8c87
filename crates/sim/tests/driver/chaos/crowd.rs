//! Clients that do what no simulated population does: stay away for good, leave by themselves, and
//! follow a load balancer that sends all of them to one node, or nowhere.

use super::line::Random;
use emqx_rebalance_core::{ReconnectProfile, Timestamp};
use emqx_rebalance_sim::{
    ClusterConfig, Counts, Disturbance, Door, LoadBalancer, Policy, Population, Reconnect, Totals,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The clients, for the simulator and for who looks on.
#[derive(Clone, Debug)]
pub(super) struct Crowd(Arc<Mutex<People>>);

/// What befalls the clients.
#[derive(Clone, Debug)]
pub(super) enum Plight {
    /// The load balancer sends them where its policy says, nowhere, or all to one node.
    Route(Route),
    /// So many of 100 that are dropped never come back.
    StayAway(u64),
    /// So many leave by themselves each second, for so many seconds.
    Depart { per_s: u64, for_s: u64 },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route {
    ByPolicy,
    Nowhere,
    /// To this node as long as it is open, else by the policy.
    Sticky(usize),
}

#[derive(Debug)]
struct People {
    homes: Vec<Home>,
    due: BTreeMap<Timestamp, Vec<Trip>>,
    balancer: LoadBalancer,
    backends: Vec<Backend>,
    next_check: Timestamp,
    turn: usize,
    route: Route,
    reconnect: Reconnect,
    stay_away_percent: u64,
    arrivals: Flow,
    departures: Flow,
    departed: u64,
    totals: Totals,
    random: Random,
}

#[derive(Clone, Copy, Debug, Default)]
struct Home {
    connected: u64,
    /// Sessions whose client does not come back.
    offline: u64,
    /// Sessions whose client travels.
    waiting: u64,
}

#[derive(Clone, Copy, Debug)]
struct Trip {
    count: u64,
    session_on: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Backend {
    is_up: bool,
    streak: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    per_s: u64,
    seconds_left: u64,
    next: Timestamp,
}

impl Flow {
    fn new(now: Timestamp, per_s: u64, for_s: u64) -> Self {
        Self { per_s, seconds_left: for_s, next: now }
    }

    fn next(&self) -> Option<Timestamp> {
        (self.seconds_left > 0).then_some(self.next)
    }

    /// How many go now.
    fn take(&mut self, now: Timestamp) -> u64 {
        if self.next().is_none_or(|next| next > now) {
            return 0;
        }
        self.seconds_left -= 1;
        self.next = self.next.plus_ms(1000);
        self.per_s
    }
}

impl Crowd {
    pub(super) fn new(config: &ClusterConfig) -> Self {
        let home = |node: &emqx_rebalance_sim::NodeConfig| Home {
            connected: node.clients,
            offline: node.disconnected_sessions,
            waiting: 0,
        };
        let balancer = config.load_balancer.clone();
        Self(Arc::new(Mutex::new(People {
            homes: config.nodes.iter().map(home).collect(),
            due: BTreeMap::new(),
            backends: vec![Backend { is_up: true, streak: 0 }; config.nodes.len()],
            next_check: Timestamp::from_ms(balancer.check_interval_ms),
            balancer,
            turn: 0,
            route: Route::ByPolicy,
            reconnect: config.reconnect.clone(),
            stay_away_percent: 0,
            arrivals: Flow::default(),
            departures: Flow::default(),
            departed: 0,
            totals: Totals::default(),
            random: Random(config.seed),
        })))
    }

    pub(super) fn befall(&self, now: Timestamp, plight: &Plight) {
        let mut people = self.people();
        match plight {
            Plight::Route(route) => people.route = *route,
            Plight::StayAway(percent) => people.stay_away_percent = *percent,
            Plight::Depart { per_s, for_s } => people.departures = Flow::new(now, *per_s, *for_s),
        }
    }

    /// Clients that have left by themselves.
    pub(super) fn departed(&self) -> u64 {
        self.people().departed
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.0.lock().unwrap()
    }
}

impl People {
    fn set_out(&mut self, now: Timestamp, count: u64, session_on: Option<usize>) {
        if let Some(profile) = self.reconnect.profile.clone() {
            return self.set_out_by(now, count, session_on, &profile);
        }
        let (min_ms, max_ms) = (self.reconnect.min_ms, self.reconnect.max_ms);
        let parts = count.min(PARTS);
        for part in 0..parts {
            let count = count / parts + u64::from(part < count % parts);
            let at = now.plus_ms(min_ms + self.random.below(max_ms - min_ms + 1));
            self.due.entry(at).or_default().push(Trip { count, session_on });
        }
    }

    /// Each comes when the profile has it, or never.
    fn set_out_by(
        &mut self,
        now: Timestamp,
        count: u64,
        session_on: Option<usize>,
        profile: &ReconnectProfile,
    ) {
        for _ in 0..count {
            #[expect(clippy::cast_precision_loss, reason = "below a million")]
            let share = (self.random.below(1_000_000) as f64 + 0.5) / 1e6;
            let Some(after_s) = profile.back_after(share) else { continue };
            let after = Duration::from_secs_f64(after_s);
            let at = now.plus_ms(u64::try_from(after.as_millis()).unwrap());
            self.due.entry(at).or_default().push(Trip { count: 1, session_on });
        }
    }

    fn arrive(&mut self, now: Timestamp, trip: Trip, doors: &[Door]) {
        let shares = self.shares(trip.count);
        let mut turned_away = trip.count - shares.iter().sum::<u64>();
        self.totals.unrouted += turned_away;
        for ((home, door), share) in self.homes.iter_mut().zip(doors).zip(&shares) {
            if door.accepts {
                home.connected += share;
            } else {
                self.totals.refused += share;
                turned_away += share;
            }
        }
        let came = trip.count - turned_away;
        self.totals.travelling -= came;
        if let Some(home) = trip.session_on.and_then(|node| self.homes.get_mut(node)) {
            home.waiting = home.waiting.saturating_sub(came);
        }
        if turned_away > 0 {
            let trip = Trip { count: turned_away, ..trip };
            self.due.entry(now.plus_ms(self.reconnect.retry_ms)).or_default().push(trip);
        }
    }

    /// How many of `count` clients go to which node.
    fn shares(&mut self, count: u64) -> Vec<u64> {
        let up: Vec<usize> = (0..self.homes.len()).filter(|i| self.backends[*i].is_up).collect();
        let mut shares = vec![0; self.homes.len()];
        let loads: Vec<u64> = self.homes.iter().map(|home| home.connected).collect();
        for _ in 0..count {
            let to = match (self.route, self.balancer.policy) {
                (Route::Nowhere, _) => None,
                (Route::Sticky(node), _) if self.backends[node].is_up => Some(node),
                (_, Policy::Random) => {
                    let place = self.random.below(up.len() as u64);
                    up.get(usize::try_from(place).unwrap()).copied()
                }
                (_, Policy::RoundRobin) => up.get(self.turn % up.len().max(1)).copied(),
                _ => up.iter().copied().min_by_key(|node| loads[*node] + shares[*node]),
            };
            self.turn = self.turn.wrapping_add(1);
            if let Some(node) = to {
                shares[node] += 1;
            }
        }
        shares
    }

    fn check(&mut self, now: Timestamp, doors: &[Door]) {
        let interval_ms = self.balancer.check_interval_ms;
        for (backend, door) in self.backends.iter_mut().zip(doors) {
            if interval_ms == 0 {
                backend.is_up = door.available;
            } else if now >= self.next_check {
                backend.streak =
                    if door.available == backend.is_up { 0 } else { backend.streak + 1 };
                let needed = if backend.is_up { self.balancer.fall } else { self.balancer.rise };
                if backend.streak >= needed {
                    *backend = Backend { is_up: door.available, streak: 0 };
                }
            }
        }
        if interval_ms > 0 && now >= self.next_check {
            self.next_check = now.plus_ms(interval_ms);
        }
    }

    /// Clients that leave by themselves, from whichever node.
    fn depart(&mut self, count: u64) {
        for _ in 0..count {
            let total: u64 = self.homes.iter().map(|home| home.connected).sum();
            let mut who = self.random.below(total);
            for home in self.homes.iter_mut().filter(|home| home.connected > 0) {
                if who < home.connected {
                    home.connected -= 1;
                    self.departed += 1;
                    break;
                }
                who -= home.connected;
            }
        }
    }
}

impl Population for Crowd {
    fn counts(&self, node: usize) -> Counts {
        self.people().homes.get(node).map_or_else(Counts::default, |home| Counts {
            connected: home.connected,
            disconnected_sessions: home.offline + home.waiting,
        })
    }

    fn evict(&mut self, now: Timestamp, node: usize, at_most: u64) -> u64 {
        let mut people = self.people();
        let evicted = people.homes[node].connected.min(at_most);
        let gone = (0..evicted).filter(|_| people.random.below(100) < people.stay_away_percent);
        let gone = gone.count() as u64;
        let persistent = evicted * u64::from(people.reconnect.persistent_percent) / 100;
        let waiting = persistent.min(evicted - gone);
        let home = &mut people.homes[node];
        home.connected -= evicted;
        home.waiting += waiting;
        home.offline += persistent - waiting;
        people.totals.evicted += evicted;
        people.totals.travelling += evicted;
        people.set_out(now, waiting, Some(node));
        people.set_out(now, evicted - gone - waiting, None);
        evicted
    }

    fn hand_over(&mut self, node: usize, at_most: u64, recipients: &[usize]) -> u64 {
        if recipients.is_empty() {
            return 0;
        }
        let mut people = self.people();
        let offline = people.homes[node].offline.min(at_most);
        let waiting = people.homes[node].waiting.min(at_most - offline);
        for i in 0..offline + waiting {
            let place = people.random.below(recipients.len() as u64);
            let to = recipients[usize::try_from(place).unwrap()];
            if i < offline {
                people.homes[node].offline -= 1;
                people.homes[to].offline += 1;
            } else {
                people.homes[node].waiting -= 1;
                people.homes[to].waiting += 1;
                people.redirect(node, to);
            }
        }
        people.totals.sessions_moved += offline + waiting;
        offline + waiting
    }

    fn node_died(&mut self, now: Timestamp, node: usize) {
        let mut people = self.people();
        let home = std::mem::take(&mut people.homes[node]);
        for trip in people.due.values_mut().flatten() {
            trip.session_on = trip.session_on.filter(|on| *on != node);
        }
        people.totals.sessions_lost += home.connected + home.offline + home.waiting;
        people.totals.travelling += home.connected;
        people.set_out(now, home.connected, None);
    }

    fn disturb(&mut self, now: Timestamp, disturbance: &Disturbance) -> bool {
        let mut people = self.people();
        match disturbance {
            Disturbance::Routing { open: true } => people.route = Route::ByPolicy,
            Disturbance::Routing { open: false } => people.route = Route::Nowhere,
            Disturbance::Reconnect(reconnect) => people.reconnect = reconnect.clone(),
            Disturbance::Arrivals { per_s, for_s } => {
                people.arrivals = Flow::new(now, *per_s, *for_s);
            }
            _ => return false,
        }
        true
    }

    fn next_event(&self) -> Option<Timestamp> {
        let people = self.people();
        let check = (people.balancer.check_interval_ms > 0).then_some(people.next_check);
        let flows = people.arrivals.next().into_iter().chain(people.departures.next());
        people.due.keys().next().copied().into_iter().chain(flows).chain(check).min()
    }

    fn advance(&mut self, now: Timestamp, doors: &[Door]) {
        let mut people = self.people();
        people.check(now, doors);
        let arrived = people.arrivals.take(now);
        people.totals.arrived += arrived;
        people.totals.travelling += arrived;
        if arrived > 0 {
            people.due.entry(now).or_default().push(Trip { count: arrived, session_on: None });
        }
        let leaving = people.departures.take(now);
        people.depart(leaving);
        while let Some(entry) = people.due.first_entry().filter(|entry| *entry.key() <= now) {
            for trip in entry.remove() {
                people.arrive(now, trip, doors);
            }
        }
    }

    fn totals(&self) -> Totals {
        self.people().totals
    }
}

impl People {
    /// One client that travels finds its session on `to` instead of `from`.
    fn redirect(&mut self, from: usize, to: usize) {
        for trips in self.due.values_mut() {
            if let Some(trip) = trips.iter_mut().find(|trip| trip.session_on == Some(from)) {
                trip.count -= 1;
                trips.retain(|trip| trip.count > 0);
                trips.push(Trip { count: 1, session_on: Some(to) });
                return;
            }
        }
    }
}

/// Into how many arrivals dropped clients are scattered at most.
const PARTS: u64 = 16;
