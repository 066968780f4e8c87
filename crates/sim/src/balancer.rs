//! A model of the load balancer in front of the cluster.

use crate::population::Door;
use crate::rng::Rng;
use emqx_rebalance_core::{Problem, Timestamp};
use serde::{Deserialize, Serialize};

/// How a load balancer picks the node of a new connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Each in turn.
    #[default]
    RoundRobin,
    /// Any, at random.
    Random,
    /// The one with the fewest connections.
    LeastConnections,
}

/// The load balancer's policy and health checks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "SimulatedLoadBalancer"))]
#[serde(default, deny_unknown_fields)]
pub struct LoadBalancer {
    /// How it picks a node. Default `round_robin`.
    pub policy: Policy,
    /// Milliseconds between two checks of a node's `availability_check`. 0 knows every change at
    /// once. Default 1000.
    pub check_interval_ms: u64,
    /// Failed checks in a row until a node is left out. At least 1, default 1.
    pub fall: u32,
    /// Good checks in a row until a node is used again. At least 1, default 1.
    pub rise: u32,
}

impl Default for LoadBalancer {
    fn default() -> Self {
        Self { policy: Policy::default(), check_interval_ms: 1000, fall: 1, rise: 1 }
    }
}

impl LoadBalancer {
    /// A load balancer that knows at once which nodes serve.
    pub fn ideal(policy: Policy) -> Self {
        Self { policy, check_interval_ms: 0, ..Self::default() }
    }

    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        for (name, value) in [("fall", self.fall), ("rise", self.rise)] {
            if value == 0 {
                let field = format!("load_balancer.{name}");
                problems.push(Problem::new(field, value, "a whole number from 1"));
            }
        }
    }
}

/// What the load balancer knows, and whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Balancer {
    rules: LoadBalancer,
    backends: Vec<Backend>,
    turn: usize,
    next_check: Timestamp,
    /// Whether it sends clients anywhere.
    open: bool,
    rng: Rng,
}

#[derive(Clone, Debug)]
struct Backend {
    up: bool,
    /// Checks in a row that disagree with `up`.
    streak: u32,
}

impl Balancer {
    pub(crate) fn new(rules: LoadBalancer, nodes: usize, seed: u64) -> Self {
        let backends = vec![Backend { up: true, streak: 0 }; nodes];
        let next_check = Timestamp::from_ms(rules.check_interval_ms);
        Self { rules, backends, turn: 0, next_check, open: true, rng: Rng::new(seed) }
    }

    /// When the next health check is due, if there are any.
    pub(crate) fn next_check(&self) -> Option<Timestamp> {
        (self.rules.check_interval_ms > 0).then_some(self.next_check)
    }

    /// Checks every node if it is time, or always if checks take no time.
    pub(crate) fn check(&mut self, now: Timestamp, doors: &[Door]) {
        if self.rules.check_interval_ms == 0 {
            for (backend, door) in self.backends.iter_mut().zip(doors) {
                backend.up = door.available;
            }
        } else if now >= self.next_check {
            let late = now.ms_since(self.next_check) % self.rules.check_interval_ms;
            self.next_check = now.plus_ms(self.rules.check_interval_ms - late);
            for (backend, door) in self.backends.iter_mut().zip(doors) {
                backend.observe(door.available, &self.rules);
            }
        }
    }

    /// Which nodes get new connections.
    #[cfg(feature = "server")]
    pub(crate) fn up(&self) -> Vec<bool> {
        self.backends.iter().map(|backend| backend.up).collect()
    }

    /// Has it send clients to nodes, or nowhere.
    pub(crate) fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// How many of `count` clients go to which node; none if no node is up.
    pub(crate) fn route(&mut self, count: u64, connected: &[u64]) -> Vec<u64> {
        let up: Vec<usize> = (0..self.backends.len())
            .filter(|i| self.backends.get(*i).is_some_and(|b| b.up))
            .collect();
        let mut shares = vec![0; self.backends.len()];
        if up.is_empty() || !self.open {
            return shares;
        }
        match self.rules.policy {
            Policy::RoundRobin => self.in_turn(count, &up, &mut shares),
            Policy::Random => self.at_random(count, &up, &mut shares),
            Policy::LeastConnections => fill_lowest(count, &up, connected, &mut shares),
        }
        shares
    }

    fn in_turn(&mut self, count: u64, up: &[usize], shares: &mut [u64]) {
        let homes = up.len() as u64;
        let first = up.iter().position(|i| *i >= self.turn).unwrap_or(0);
        for (place, node) in up.iter().cycle().skip(first).take(up.len()).enumerate() {
            let extra = u64::from((place as u64) < count % homes);
            if let Some(share) = shares.get_mut(*node) {
                *share += count / homes + extra;
            }
            if extra == 1 {
                self.turn = node + 1;
            }
        }
    }

    fn at_random(&mut self, count: u64, up: &[usize], shares: &mut [u64]) {
        // Beyond this many the spread is too small to see, and drawing each would be slow.
        let drawn = count.min(10_000);
        let even = (count - drawn) / up.len() as u64;
        for node in up {
            if let Some(share) = shares.get_mut(*node) {
                *share += even;
            }
        }
        for _ in 0..count - even * up.len() as u64 {
            let node = up.get(self.rng.place(up.len()));
            if let Some(share) = node.and_then(|node| shares.get_mut(*node)) {
                *share += 1;
            }
        }
    }
}

impl Backend {
    fn observe(&mut self, available: bool, rules: &LoadBalancer) {
        self.streak = if available == self.up { 0 } else { self.streak + 1 };
        let needed = if self.up { rules.fall } else { rules.rise };
        if self.streak >= needed {
            self.up = available;
            self.streak = 0;
        }
    }
}

/// Pours `count` clients over the nodes as water finds its level.
fn fill_lowest(count: u64, up: &[usize], connected: &[u64], shares: &mut [u64]) {
    let load = |node: usize| connected.get(node).copied().unwrap_or(0);
    let mut order: Vec<usize> = up.to_vec();
    order.sort_by_key(|node| load(*node));
    let mut width = 0;
    let mut below = 0;
    for node in &order {
        let level = load(*node);
        if width > 0 && level * width - below >= count {
            break;
        }
        width += 1;
        below += level;
    }
    let (level, rest) = ((below + count) / width.max(1), (below + count) % width.max(1));
    let lowest = order.iter().take(usize::try_from(width).unwrap_or(usize::MAX));
    for (place, node) in lowest.enumerate() {
        if let Some(share) = shares.get_mut(*node) {
            *share = (level + u64::from((place as u64) < rest)).saturating_sub(load(*node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balancer(policy: Policy) -> Balancer {
        let mut balancer = Balancer::new(LoadBalancer::ideal(policy), 3, 1);
        let open = Door { accepts: true, available: true };
        let closed = Door { accepts: false, available: false };
        balancer.check(Timestamp::from_ms(0), &[open, closed, open]);
        balancer
    }

    #[test]
    fn round_robin_carries_its_turn_over() {
        let mut balancer = balancer(Policy::RoundRobin);
        assert_eq!(balancer.route(3, &[0; 3]), [2, 0, 1]);
        assert_eq!(balancer.route(1, &[0; 3]), [0, 0, 1]);
        assert_eq!(balancer.route(5, &[0; 3]), [3, 0, 2]);
    }

    #[test]
    fn least_connections_finds_its_level() {
        let mut balancer = balancer(Policy::LeastConnections);
        assert_eq!(balancer.route(6, &[10, 0, 2]), [0, 0, 6]);
        assert_eq!(balancer.route(11, &[10, 0, 2]), [1, 0, 10]);
        assert_eq!(balancer.route(1, &[4, 0, 4]).iter().sum::<u64>(), 1);
    }

    #[test]
    fn random_sends_everyone_somewhere_that_is_up() {
        let mut balancer = balancer(Policy::Random);
        for count in [1, 999, 50_000] {
            let shares = balancer.route(count, &[0; 3]);
            assert_eq!(shares.iter().sum::<u64>(), count);
            assert_eq!(shares[1], 0);
        }
    }

    #[test]
    fn a_node_falls_and_rises_after_as_many_checks_as_configured() {
        let rules = LoadBalancer { check_interval_ms: 100, fall: 2, rise: 3, ..Default::default() };
        let mut balancer = Balancer::new(rules, 1, 1);
        let mut up = Vec::new();
        for tick in 1..=10 {
            let available = tick > 4;
            balancer.check(Timestamp::from_ms(tick * 100), &[Door { accepts: true, available }]);
            up.push(balancer.route(1, &[0])[0] == 1);
        }
        let expected = [true, false, false, false, false, false, true, true, true, true];
        assert_eq!(up, expected);
    }
}
