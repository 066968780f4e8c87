//! One node: whether it lives, who holds its agent, what it counted last.

use super::health::Health;
use crate::agent::Agent;
use crate::config::{Boot, NodeConfig};
use crate::evacuation::Evacuation;
use crate::population::Counts;
use emqx_rebalance_core::{Role, Timestamp};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Life {
    Up,
    /// There is no such node yet: nothing listens, and no other node has heard of it.
    Unborn,
    /// Nothing listens.
    Down,
    /// Nothing listens yet; the HTTP API does from then on.
    Starting {
        listens_at: Timestamp,
        up_at: Timestamp,
    },
    /// The HTTP API answers and the node is in the cluster; the rebalance application runs later.
    Booting {
        up_at: Timestamp,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) life: Life,
    pub(crate) health: Health,
    pub(crate) agent: Agent,
    pub(crate) evacuation: Option<Evacuation>,
    pub(crate) stats: NodeStats,
    /// Whether it is in the cluster. A node that is up and no member is a cluster of one.
    pub(crate) is_member: bool,
    /// When the node was started.
    pub(crate) since: Timestamp,
    /// Crashes of coordinators in the last hour.
    crashes: Vec<Timestamp>,
    /// Whether the rebalance application gave up.
    pub(crate) gave_up: bool,
}

/// The counters of `/stats`, up to a second old.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeStats {
    pub(crate) now: Counts,
    pub(crate) max_connected: u64,
    pub(crate) max_sessions: u64,
}

impl NodeStats {
    pub(crate) fn refresh(&mut self, counts: Counts) {
        self.now = counts;
        self.max_connected = self.max_connected.max(counts.connected);
        self.max_sessions = self.max_sessions.max(counts.sessions());
    }
}

impl Node {
    pub(crate) fn new(config: &NodeConfig) -> Self {
        Self {
            role: config.role,
            life: Life::Up,
            health: Health::default(),
            agent: Agent::default(),
            evacuation: None,
            stats: NodeStats::default(),
            is_member: true,
            since: Timestamp::default(),
            crashes: Vec::new(),
            gave_up: false,
        }
    }

    /// Whether it runs.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.life, Life::Up | Life::Booting { .. })
    }

    /// Whether its rebalance application runs.
    pub(crate) fn is_serving(&self) -> bool {
        self.life == Life::Up && !self.gave_up
    }

    pub(crate) fn die(&mut self) {
        self.life = Life::Down;
        self.health = Health::default();
        self.agent = Agent::default();
        self.stats = NodeStats::default();
        self.crashes.clear();
        self.gave_up = false;
        if let Some(evacuation) = &mut self.evacuation {
            evacuation.wake_at = None;
        }
    }

    pub(crate) fn restart(&mut self, now: Timestamp, boot: &Boot) {
        if self.life == Life::Down {
            self.life = Life::Starting {
                listens_at: now.plus_ms(boot.listens_after_ms),
                up_at: now.plus_ms(boot.serves_after_ms),
            };
        }
    }

    pub(crate) fn boots_by(&self, now: Timestamp) -> bool {
        self.boot_step_at().is_some_and(|at| at <= now)
    }

    /// Takes the next step of a start.
    pub(crate) fn boot(&mut self, now: Timestamp) {
        self.life = match self.life {
            Life::Starting { up_at, .. } => Life::Booting { up_at },
            Life::Booting { .. } => Life::Up,
            other => other,
        };
        if matches!(self.life, Life::Booting { .. }) {
            self.since = now;
        }
        if self.life == Life::Up
            && let Some(evacuation) = &mut self.evacuation
        {
            evacuation.resume(now);
        }
    }

    fn boot_step_at(&self) -> Option<Timestamp> {
        match self.life {
            Life::Starting { listens_at: at, .. } | Life::Booting { up_at: at } => Some(at),
            Life::Up | Life::Down | Life::Unborn => None,
        }
    }

    pub(crate) fn evacuation_wakes(&self) -> Option<Timestamp> {
        self.evacuation.as_ref().and_then(|evacuation| evacuation.wake_at)
    }

    pub(crate) fn evacuates_by(&self, now: Timestamp) -> bool {
        let acts = self.life == Life::Up && !matches!(self.health, Health::Hung { .. });
        acts && self.evacuation_wakes().is_some_and(|at| at <= now)
    }

    pub(crate) fn ails_by(&self, now: Timestamp) -> bool {
        self.health.wake_at().is_some_and(|at| at <= now)
    }

    /// When something happens on this node by itself.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        let acts = !matches!(self.health, Health::Hung { .. });
        let evacuates = self.evacuation_wakes().filter(|_| acts);
        self.boot_step_at().or(evacuates).into_iter().chain(self.health.wake_at()).min()
    }

    /// Has the node's machine appear: it runs, as a cluster of one.
    pub(crate) fn appear(&mut self, now: Timestamp) {
        if self.life == Life::Unborn {
            self.life = Life::Up;
            self.since = now;
        }
    }

    /// Counts a crash. Whether it was the one too many: at the 11th within an hour EMQX's supervisor gives up until the broker is
    /// restarted. Source: recording 09_crash_storm, `emqx_node_rebalance_sup`.
    pub(crate) fn count_crash(&mut self, now: Timestamp) -> bool {
        self.crashes.retain(|at| now.ms_since(*at) < CRASH_WINDOW_MS);
        self.crashes.push(now);
        let is_over = self.crashes.len() > MAX_CRASHES && !self.gave_up;
        self.gave_up |= is_over;
        is_over
    }
}

const CRASH_WINDOW_MS: u64 = 3_600_000;
const MAX_CRASHES: usize = 10;
