//! What a node says about itself and the cluster.

use super::health::NODES_TIMEOUT_MS;
use super::{Cluster, Life, NodeStats};
use crate::agent::Holder;
use crate::coordinator::Rebalance;
use crate::evacuation::Evacuation;
use crate::personality::Personality;
use crate::population::Counts;
use emqx_rebalance_core::{NodeName, Role};

/// What a node's `load_rebalance/status` is about.
#[derive(Debug)]
pub(crate) enum LocalStatus<'a> {
    Disabled,
    /// It is a donor of this run; the counts are those it had at the start.
    Rebalance {
        run: &'a Rebalance,
        initial: Counts,
    },
    Evacuation(&'a Evacuation),
}

/// What `/nodes` shows of a node.
#[derive(Debug)]
pub(crate) struct NodeView<'a> {
    pub(crate) node: usize,
    pub(crate) name: &'a NodeName,
    pub(crate) role: Role,
    pub(crate) standing: Standing,
    pub(crate) uptime_ms: u64,
}

/// How a node stands in `/nodes`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    Running,
    Stopped,
    /// It could not be asked.
    Unreachable,
}

impl Cluster {
    pub(crate) fn rules(&self) -> &'static Personality {
        self.rules
    }

    /// What `node` says of itself; `None` while its rebalance application does not run.
    pub(crate) fn local_status(&self, node: usize) -> Option<LocalStatus<'_>> {
        let at = self.nodes.get(node).filter(|node| node.is_serving())?;
        // An evacuation hides a rebalance.
        if let Some(evacuation) = &at.evacuation {
            return Some(LocalStatus::Evacuation(evacuation));
        }
        let run = match at.agent.holder() {
            Some(Holder::Rebalance { coordinator }) => self.run_of(coordinator),
            _ => None,
        };
        Some(run.map_or(LocalStatus::Disabled, |run| LocalStatus::Rebalance {
            run,
            initial: at.agent.initial(),
        }))
    }

    /// The runs that `observer` learns of, in the order of their coordinators.
    pub(crate) fn rebalances(&self, observer: usize) -> Vec<&Rebalance> {
        // A coordinator that does not answer is left out.
        let answers =
            |run: &&Rebalance| run.stuck.is_none() && self.answers(observer, run.coordinator);
        let mut runs: Vec<_> = self.runs.iter().filter(answers).collect();
        runs.sort_by_key(|run| run.coordinator);
        runs
    }

    /// The evacuations that `observer` learns of.
    pub(crate) fn evacuations(&self, observer: usize) -> Vec<(usize, &Evacuation)> {
        let serving = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(i, node)| node.is_serving() && self.answers(observer, *i));
        serving.filter_map(|(i, node)| Some((i, node.evacuation.as_ref()?))).collect()
    }

    /// The nodes of `/nodes`: those that are down stand at the end. A node that is a member and
    /// could not be asked is left out, in releases before late 2026.
    pub(crate) fn node_views(&self, observer: usize) -> Vec<NodeView<'_>> {
        let mut views: Vec<_> = (0..self.nodes.len())
            .filter(|node| self.knows(observer, *node))
            .filter_map(|node| {
                let standing = self.standing(observer, node)?;
                Some(NodeView { standing, ..self.node_view(node)? })
            })
            .collect();
        views.sort_by_key(|view| view.standing != Standing::Running);
        views
    }

    fn standing(&self, observer: usize, node: usize) -> Option<Standing> {
        if !self.sees(observer, node) {
            return Some(Standing::Stopped);
        }
        if self.answers(observer, node) && self.latency_of(observer, node) <= NODES_TIMEOUT_MS {
            return Some(Standing::Running);
        }
        self.rules.lists_unreachable.then_some(Standing::Unreachable)
    }

    pub(crate) fn node_view(&self, node: usize) -> Option<NodeView<'_>> {
        let at = self.nodes.get(node)?;
        Some(NodeView {
            node,
            name: self.name(node)?,
            role: at.role,
            standing: if at.is_up() { Standing::Running } else { Standing::Stopped },
            uptime_ms: self.now.ms_since(at.since),
        })
    }

    /// The counters of `/stats`, up to a second old.
    pub(crate) fn stats(&self, node: usize) -> NodeStats {
        self.nodes.get(node).map_or_else(NodeStats::default, |node| node.stats)
    }

    /// The names of `nodes`.
    pub(crate) fn names(&self, nodes: &[usize]) -> Vec<&NodeName> {
        nodes.iter().filter_map(|node| self.name(*node)).collect()
    }

    /// Whether the node is up but its rebalance application is not.
    pub fn is_half_up(&self, node: usize) -> bool {
        let half = |node: &super::Node| {
            matches!(node.life, Life::Booting { .. }) || node.gave_up && node.life == Life::Up
        };
        self.nodes.get(node).is_some_and(half)
    }

    /// What `availability_check` of a node comes to while it answers. A node whose rebalance
    /// application is not there, or that has not joined yet, has nobody who would close it.
    pub(crate) fn says_available(&self, node: usize) -> bool {
        self.door(node).available || self.is_half_up(node) || !self.is_member(node)
    }

    /// The name of the node at `place`, or nothing if there is none.
    pub(crate) fn name_of(&self, place: usize) -> &str {
        self.name(place).map_or("", NodeName::as_str)
    }
}
