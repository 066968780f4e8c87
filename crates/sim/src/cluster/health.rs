//! Nodes that are up and do not answer, or answer late.
//!
//! Source: recordings 06_hang_* (5.3.2): calls to a hung node wait until it goes on or its peers
//! declare it down; EMQX 5.9 and later give up after 15 s.

use super::{Cluster, Life, Node};
use crate::coordinator::Rebalance;
use emqx_rebalance_core::{NodeName, Timestamp};

/// How a node that is up answers its peers and its clients.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Health {
    #[default]
    Well,
    /// Every call to it takes so long.
    Slow { ms: u64 },
    /// It answers nobody, as a process that was stopped. `noticed` groups of its peers have
    /// declared it down.
    Hung { since: Timestamp, noticed: u64 },
    /// It serves its clients and its own API, and every call between it and its peers fails at
    /// once.
    CutOff,
    /// It goes on after its peers declared it down: alone, until its applications restart.
    Apart { heals_at: Timestamp },
}

impl Health {
    /// When something comes of it by itself.
    pub(super) fn wake_at(self) -> Option<Timestamp> {
        match self {
            Self::Hung { since, noticed } if noticed < NOTICES => {
                Some(since.plus_ms(notice_after_ms(noticed)))
            }
            Self::Apart { heals_at } => Some(heals_at),
            _ => None,
        }
    }

    /// Whether the node at place `observer` still takes it for a member of the cluster.
    fn is_seen(self, observer: usize) -> bool {
        match self {
            Self::Hung { noticed, .. } => observer as u64 % NOTICES >= noticed,
            Self::Apart { .. } => false,
            Self::Well | Self::Slow { .. } | Self::CutOff => true,
        }
    }
}

/// What a caller learns of a node's death while it waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Crash {
    pub(super) coordinator: usize,
    pub(super) at: Timestamp,
    pub(crate) bad_nodes: Vec<NodeName>,
}

impl Cluster {
    /// Stops a node as SIGSTOP does: its ports stay open and nobody answers on them.
    pub fn hang(&mut self, node: usize) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(node).filter(|node| node.is_up()) {
            node.health = Health::Hung { since: now, noticed: 0 };
        }
    }

    /// Lets a node that hung go on. If its peers have declared it down meanwhile, it restarts.
    pub fn resume(&mut self, node: usize) {
        let now = self.now;
        let Some(resumed) = self.nodes.get_mut(node) else { return };
        let Health::Hung { noticed, .. } = resumed.health else { return };
        if noticed > 0 {
            resumed.health = Health::Apart { heals_at: now.plus_ms(HEAL_MS) };
            return;
        }
        resumed.health = Health::Well;
        for run in &mut self.runs {
            run.stuck = None;
            run.wake_at = run.wake_at.max(now);
        }
    }

    /// Makes every call to a node take `ms` milliseconds longer; 0 makes it well again.
    pub fn slow(&mut self, node: usize, ms: u64) {
        if let Some(node) = self.nodes.get_mut(node).filter(|node| node.is_up()) {
            node.health = if ms == 0 { Health::Well } else { Health::Slow { ms } };
        }
    }

    /// Has every call between a node and its peers fail, or work again. The node serves on, and is
    /// a member of the cluster.
    pub fn cut_off(&mut self, node: usize, cut_off: bool) {
        let Some(node) = self.nodes.get_mut(node).filter(|node| node.is_up()) else { return };
        match node.health {
            Health::CutOff if !cut_off => node.health = Health::Well,
            Health::Well | Health::Slow { .. } if cut_off => node.health = Health::CutOff,
            _ => {}
        }
    }

    /// Whether calls between two nodes fail at once.
    pub(crate) fn is_cut_off(&self, caller: usize, node: usize) -> bool {
        let cut =
            |node: usize| self.nodes.get(node).is_some_and(|node| node.health == Health::CutOff);
        caller != node && (cut(caller) || cut(node))
    }

    /// Whether a call of `caller` to `node` is answered, soon or late.
    pub(crate) fn answers(&self, caller: usize, node: usize) -> bool {
        self.sees(caller, node) && !self.is_hung(node) && !self.is_cut_off(caller, node)
    }

    /// How long a call of `caller` to `node` takes: nothing if that is itself.
    pub(crate) fn latency_of(&self, caller: usize, node: usize) -> u64 {
        if caller == node { 0 } else { self.latency_ms(node) }
    }

    /// Ends the run of `coordinator` as a crash of its process does.
    pub fn crash_coordinator(&mut self, coordinator: usize) {
        self.end_runs(|run| run.coordinator == coordinator);
    }

    /// Has a node's rebalance application have crashed so often in the last hour; EMQX switches it
    /// off at the eleventh.
    pub fn wear_out(&mut self, node: usize, crashes: usize) {
        let now = self.now;
        for _ in 0..crashes {
            let worn = self.nodes.get_mut(node).filter(|node| node.is_up());
            if worn.is_some_and(|node| node.count_crash(now)) {
                self.end_runs(|run| run.coordinator == node || run.donors.contains(&node));
            }
        }
    }

    /// Whether a node hangs.
    pub fn is_hung(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| matches!(node.health, Health::Hung { .. }))
    }

    /// Whether a peer has declared a node down that hangs or hung.
    pub(super) fn health_lost(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| match node.health {
            Health::Hung { noticed, .. } => noticed > 0,
            Health::Apart { .. } => true,
            Health::Well | Health::Slow { .. } | Health::CutOff => false,
        })
    }

    /// How long a call to `node` takes.
    pub(crate) fn latency_ms(&self, node: usize) -> u64 {
        match self.nodes.get(node).map(|node| node.health) {
            Some(Health::Slow { ms }) => ms,
            _ => 0,
        }
    }

    /// Whether `observer` takes `node` for a running member of the cluster.
    pub(crate) fn sees(&self, observer: usize, node: usize) -> bool {
        let seen = |node: &Node| node.is_up() && node.health.is_seen(observer);
        observer == node && self.is_up(node)
            || self.knows(observer, node)
                && self.nodes.get(node).is_some_and(seen)
                && !self.is_apart(observer)
    }

    fn is_apart(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| matches!(node.health, Health::Apart { .. }))
    }

    /// Whether a call of `caller` to `node` gets no answer.
    pub(crate) fn hangs_for(&self, caller: usize, node: usize) -> bool {
        self.is_hung(node) && self.sees(caller, node)
    }

    /// Whether the coordinator of a run is waiting for a node that does not answer.
    pub(crate) fn is_stuck(&self, coordinator: usize) -> bool {
        self.run_of(coordinator).is_some_and(|run| run.stuck.is_some())
    }

    /// How the run of `coordinator` ended, if it crashed after `since`.
    pub(crate) fn crash_since(&self, coordinator: usize, since: Timestamp) -> Option<&Crash> {
        let of = |crash: &&Crash| crash.coordinator == coordinator && crash.at > since;
        self.crashes.iter().rev().find(of)
    }

    /// The coordinator that holds `node` as donor.
    pub(crate) fn coordinator_of(&self, node: usize) -> Option<usize> {
        self.runs.iter().find(|run| run.donors.contains(&node)).map(|run| run.coordinator)
    }

    /// When `run` does something by itself: never while it or a node that it needs hangs.
    pub(super) fn run_wakes(&self, run: &Rebalance) -> Option<Timestamp> {
        match run.stuck {
            _ if self.is_hung(run.coordinator) => None,
            Some(since) if self.rules.rpc_timeouts => Some(since.plus_ms(RPC_TIMEOUT_MS)),
            Some(_) => None,
            None => Some(run.wake_at),
        }
    }

    /// The nodes of a run that keep its coordinator waiting for ever, or for too long.
    pub(super) fn silent_nodes(&self, run: &Rebalance) -> Vec<usize> {
        let limit_ms = if self.rules.rpc_timeouts {
            RPC_TIMEOUT_MS.min(u64::from(run.rpc_timeouts.conns_ms))
        } else {
            u64::MAX
        };
        let is_silent = |node: &usize| {
            self.hangs_for(run.coordinator, *node) || self.latency_ms(*node) > limit_ms
        };
        run.donors.iter().chain(&run.recipients).copied().filter(is_silent).collect()
    }

    /// How long the calls of one round take: donors count and evict, recipients count.
    pub(super) fn round_takes_ms(&self, run: &Rebalance) -> u64 {
        let slowest =
            |nodes: &[usize]| nodes.iter().map(|node| self.latency_ms(*node)).max().unwrap_or(0);
        self.config.round_ms + 2 * slowest(&run.donors) + slowest(&run.recipients)
    }

    /// What is due on a node that hangs or was taken for dead.
    pub(super) fn attend_health(&mut self, node: usize) {
        let now = self.now;
        let Some(ill) = self.nodes.get_mut(node) else { return };
        match &mut ill.health {
            Health::Hung { noticed, .. } => {
                *noticed += 1;
                self.notice(node);
            }
            Health::Apart { .. } => {
                self.kill(node);
                if let Some(node) = self.nodes.get_mut(node) {
                    let (listens_at, up_at) = (now.plus_ms(REJOIN_MS), now.plus_ms(REJOIN_MS));
                    node.life = Life::Starting { listens_at, up_at };
                }
            }
            Health::Well | Health::Slow { .. } | Health::CutOff => {}
        }
    }

    /// Some more peers declare `node` down: links to its processes break, and calls to it fail.
    fn notice(&mut self, node: usize) {
        let nodes = self.nodes.clone();
        let sees =
            |observer: usize| nodes.get(node).is_some_and(|node| node.health.is_seen(observer));
        self.end_runs(|run| {
            let of_the_dead =
                run.coordinator == node && run.donors.iter().any(|donor| !sees(*donor));
            let has_part =
                run.donors.contains(&node) || run.stuck.is_some() && run.recipients.contains(&node);
            of_the_dead || has_part && !sees(run.coordinator)
        });
    }

    /// Ends the runs that `must_end`, as crashes of their coordinators.
    pub(super) fn end_runs(&mut self, must_end: impl Fn(&Rebalance) -> bool) {
        let (ends, stays): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.runs).into_iter().partition(must_end);
        self.runs = stays;
        for run in ends {
            self.crash(&run);
        }
    }
}

/// When the peers of group `noticed` declare a node down that hangs. Seen with `net_ticktime` 120 s:
/// after 124, 127 and 129 s, each by its own clock.
const fn notice_after_ms(noticed: u64) -> u64 {
    124_000 + 2_500 * noticed
}

/// How many groups of peers there are.
const NOTICES: u64 = 4;
/// From going on to the restart of the applications: seen.
const HEAL_MS: u64 = 18_000;
/// How long that restart takes: less than a second was seen.
const REJOIN_MS: u64 = 700;
/// How long EMQX waits for what `/nodes` shows of a node. Source: `emqx_management_proto…node_info`
/// of every release from 5.1; contract/6.0.3, 06_hang_*.
pub(crate) const NODES_TIMEOUT_MS: u64 = 30_000;
/// EMQX's RPC timeout since 5.9.
pub(crate) const RPC_TIMEOUT_MS: u64 = 15_000;
