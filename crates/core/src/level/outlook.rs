//! What runs do to the cluster at hand, as the forecast sees it.

use super::account::{Behind, Comparison, Move};
use super::setting::TICK_LAG_S;
use crate::balance::Balance;
use crate::balancer::LoadBalancer;
use crate::forecast::{Outlook, Spread, Start, World, simulate_all};
use crate::node::NodeName;
use crate::number::float;
use crate::plan::model::Run;
use crate::plan::options::PlanOptions;
use crate::snapshot::{NodeLoad, NodeStatus, Role, Snapshot};

/// The cluster at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// The nodes that take part, by index.
    pub(crate) members: &'a [usize],
    pub(crate) options: &'a PlanOptions,
}

/// Runs and what they do.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) runs: Vec<Run>,
    pub(crate) outlook: Outlook,
    /// Balance at the end.
    pub(crate) balance: Balance,
}

impl Scene<'_> {
    /// The nodes that take part.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &NodeLoad> {
        self.members.iter().filter_map(|i| self.snapshot.nodes().get(*i))
    }

    /// Nodes that take no part but take clients: not the cores among replicants that have none.
    pub(crate) fn others(&self) -> impl Iterator<Item = &NodeLoad> {
        let nodes = self.snapshot.nodes().iter().enumerate();
        nodes.filter(|(i, _)| self.serves(*i) && !self.members.contains(i)).map(|(_, load)| load)
    }

    /// Whether the balancer sends clients to a node.
    fn serves(&self, site: usize) -> bool {
        self.snapshot.nodes().get(site).is_some_and(|load| {
            let idle_core = load.role == Some(Role::Core) && load.connections == 0;
            let left_out = idle_core && !self.members.contains(&site);
            load.status == NodeStatus::Running && !left_out
        })
    }

    /// Whether the options allow what `candidate` does.
    pub(crate) fn allows(&self, candidate: &Candidate) -> bool {
        let closed: usize = candidate.runs.iter().map(|run| run.donors.len()).sum();
        let peak = candidate.outlook.forecast.peak;
        let within = |limit: Option<f64>, peak: f64| limit.is_none_or(|most| peak <= most);
        let may_close = self.options.max_unavailable.and_then(|most| usize::try_from(most).ok());
        may_close.is_none_or(|most| closed <= most)
            && within(self.options.max_reconnect_rate, peak.node_reconnects)
            && within(self.options.max_cluster_reconnect_rate, peak.reconnects)
    }

    /// Forecasts `runs` behind the balancer at hand.
    pub(crate) fn candidate(&self, runs: Vec<Run>) -> Candidate {
        let spread = self.options.load_balancer.map_or(Spread::Evenly, LoadBalancer::spread);
        let outlook = self.outlook(&runs, spread);
        let balance = self.balance(&outlook);
        Candidate { runs, outlook, balance }
    }

    fn outlook(&self, runs: &[Run], spread: Spread) -> Outlook {
        let nodes = self.snapshot.nodes();
        let index = |name: &NodeName| nodes.iter().position(|load| load.node == *name);
        let start = |run: &'_ Run| run.nodes.iter().filter_map(index).collect();
        let starts: Vec<Start<'_>> =
            runs.iter().map(|run| Start { nodes: start(run), strategy: &run.strategy }).collect();
        let profile = self.options.profile();
        let serving: Vec<bool> = (0..nodes.len()).map(|i| self.serves(i)).collect();
        let world = World { spread, profile: &profile, tick_lag_s: TICK_LAG_S };
        simulate_all(nodes, &serving, &starts, world)
    }

    fn balance(&self, outlook: &Outlook) -> Balance {
        let end = |i: &usize| outlook.forecast.end.get(*i).map(|end| end.connections);
        let ends = self.members.iter().filter_map(end);
        Balance::of(ends.zip(self.nodes()).map(|(count, load)| (count, load.weight())))
    }

    /// How `chosen` ends behind every kind of balancer, if it is not known which one it is.
    pub(crate) fn behind(&self, chosen: &Candidate) -> Vec<Behind> {
        if self.options.policy().is_some() {
            return Vec::new();
        }
        // The plan at hand is made, and forecast, for even spreading.
        let to_emptiest = self.outlook(&chosen.runs, Spread::ToEmptiest);
        let behind = |load_balancer: LoadBalancer| {
            let over = match load_balancer {
                LoadBalancer::Random => self.over_by_chance(&chosen.outlook),
                LoadBalancer::LeastConnections => self.balance(&to_emptiest).over,
                _ => chosen.balance.over,
            };
            Behind { load_balancer, over }
        };
        LoadBalancer::LEVELLING.into_iter().map(behind).collect()
    }

    /// How far the fullest node is likely to end over the mean where chance deals the clients.
    ///
    /// A node that `n` clients came to at random has got `n` give or take the root of `n`.
    pub(crate) fn over_by_chance(&self, outlook: &Outlook) -> f64 {
        let ended = |i: &usize| outlook.forecast.end.get(*i).map_or(0, |end| end.connections);
        let total: f64 = self.members.iter().map(|i| float(ended(i))).sum();
        let weights: f64 = self.nodes().map(NodeLoad::weight).sum();
        let off = spread_of_chance(float(self.members.len() as u64));
        let unlucky = |(load, i): (&NodeLoad, &usize)| {
            let dropped = outlook.dropped.get(*i).copied().unwrap_or(0);
            let came = (ended(i) + dropped).saturating_sub(load.connections);
            (float(ended(i)) + off * float(came).sqrt()) / load.weight()
        };
        let most = self.nodes().zip(self.members).map(unlucky).fold(0.0, f64::max);
        if total > 0.0 { most * weights / total - 1.0 } else { 0.0 }
    }

    /// Names of the nodes whose clients and share of them satisfy `holds`.
    pub(crate) fn names(&self, holds: impl Fn(f64, f64) -> bool) -> Vec<NodeName> {
        let total: f64 = self.nodes().map(|load| float(load.connections)).sum();
        let weights: f64 = self.nodes().map(NodeLoad::weight).sum();
        let share = |load: &NodeLoad| total * load.weight() / weights;
        let named = self.nodes().filter(|load| holds(float(load.connections), share(load)));
        named.map(|load| load.node.clone()).collect()
    }

    /// What `chosen` does to each node.
    pub(crate) fn moves(&self, chosen: &Candidate) -> Vec<Move> {
        let one = |(load, i): (&NodeLoad, &usize)| {
            let to = chosen.outlook.forecast.end.get(*i)?.connections;
            let leave = chosen.outlook.dropped.get(*i).copied().unwrap_or(0);
            let run = chosen.runs.iter().position(|run| run.donors.contains(&load.node));
            let reopens_at_s =
                run.and_then(|run| chosen.outlook.ends_s.get(run).copied().flatten());
            Some(Move {
                node: load.node.clone(),
                from: load.connections,
                to,
                leave,
                arrive: (to + leave).saturating_sub(load.connections),
                closes_at_s: reopens_at_s.map(|_| 0),
                reopens_at_s,
            })
        };
        self.nodes().zip(self.members).filter_map(one).collect()
    }
}

impl Candidate {
    /// Whether this levels better, or as well and cheaper.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.outlook.forecast, &other.outlook.forecast);
        if other.runs.is_empty() {
            return !self.runs.is_empty();
        }
        let gain = other.balance.over - self.balance.over;
        gain > AS_GOOD || (gain > -AS_GOOD && mine.disconnects < theirs.disconnects)
    }

    pub(crate) fn comparison(&self) -> Comparison {
        let forecast = &self.outlook.forecast;
        Comparison {
            balance: self.balance,
            disconnects: forecast.disconnects,
            duration_s: forecast.duration_s,
        }
    }
}

/// How many standard deviations the highest of `n` lies above their mean, about.
pub(super) fn spread_of_chance(n: f64) -> f64 {
    (2.0 * n.max(2.0).ln()).sqrt() * 0.8
}

/// Candidates are as good as each other if their fullest nodes end at most this far apart: 5 clients of
/// 10,000, less than come and go while a plan runs.
pub(super) const AS_GOOD: f64 = 0.0005;
