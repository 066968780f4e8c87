//! What the HTTP API asks of the cluster: start and stop.

use super::{Cluster, Life, Node};
use crate::agent::Holder;
use crate::coordinator::{Rebalance, RpcTimeouts, Sides};
use crate::evacuation::{Evacuation, EvacuationOptions};
use emqx_rebalance_core::{NodeName, Strategy};

/// The options of a start.
#[derive(Debug)]
pub(crate) struct StartOptions {
    pub(crate) strategy: Strategy,
    pub(crate) rpc_timeouts: RpcTimeouts,
    /// Which nodes take part, in the order EMQX sees them; every running node if `None`.
    pub(crate) nodes: Option<Vec<usize>>,
}

/// Why a command was not carried out.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// EMQX's own word, such as `nothing_to_balance`.
    Error(&'static str),
    /// The coordinator died of nodes that would not be its donors, each with EMQX's word.
    BadNodes(Vec<(NodeName, &'static str)>),
    /// The rebalance application does not run on that node.
    NoProcess,
}

impl Cluster {
    /// Starts a rebalance.
    pub(crate) fn start(
        &mut self,
        coordinator: usize,
        options: StartOptions,
    ) -> Result<(), Refusal> {
        self.check_serving(coordinator)?;
        if self.run_of(coordinator).is_some() {
            return Err(Refusal::Error("already_started"));
        }
        let nodes = options.nodes.unwrap_or_else(|| self.running(coordinator));
        let away = self.config.durable_sessions;
        let sides = Sides::of(&nodes, &*self.population, &options.strategy, away)
            .ok_or(Refusal::Error("nothing_to_balance"))?;
        let StartOptions { strategy, rpc_timeouts, .. } = options;
        let run = Rebalance::new(self.now, coordinator, sides, strategy, rpc_timeouts);
        let mut failed = self.enable_donors(&run);
        failed.extend(self.dead_recipients(&run));
        if failed.is_empty() {
            self.runs.push(run);
            Ok(())
        } else {
            self.crash(&run);
            Err(Refusal::BadNodes(failed))
        }
    }

    fn enable_donors(&mut self, run: &Rebalance) -> Vec<(NodeName, &'static str)> {
        let mut failed = Vec::new();
        for donor in &run.donors {
            let counts = self.population.counts(*donor);
            let holder = Holder::Rebalance { coordinator: run.coordinator };
            let reached = self.answers(run.coordinator, *donor);
            let Some(node) = self.nodes.get_mut(*donor) else { continue };
            let enabled = match node.gave_up {
                _ if !reached => Err("nodedown"),
                true => Err(NO_PROCESS),
                false => node.agent.enable(holder, counts, self.rules),
            };
            if let (Err(word), Some(name)) = (enabled, self.name(*donor)) {
                failed.push((name.clone(), word));
            }
        }
        failed
    }

    /// Recipients without a rebalance application. Seen on 6.0.3: a start that involves such a node
    /// fails and names it. On 5.3.2 it could be a recipient all the same.
    fn dead_recipients(&self, run: &Rebalance) -> Vec<(NodeName, &'static str)> {
        let reached = |node: usize| self.answers(run.coordinator, node);
        let dead = |node: usize| {
            self.rules.rpc_timeouts && self.nodes.get(node).is_some_and(|node| node.gave_up)
        };
        let failure = |node: &usize| match (reached(*node), dead(*node)) {
            (false, _) => Some((self.name(*node)?.clone(), "nodedown")),
            (true, true) => Some((self.name(*node)?.clone(), NO_PROCESS)),
            (true, false) => None,
        };
        run.recipients.iter().filter_map(failure).collect()
    }

    /// Stops the rebalance that `coordinator` runs. What was moved stays where it is.
    pub(crate) fn stop(&mut self, coordinator: usize) -> Result<(), Refusal> {
        self.check_serving(coordinator)?;
        let place = self.runs.iter().position(|run| run.coordinator == coordinator);
        let place = place.ok_or(Refusal::Error("not_started"))?;
        let run = self.runs.remove(place);
        self.release(&run);
        Ok(())
    }

    /// Starts to evacuate `node`.
    pub(crate) fn start_evacuation(
        &mut self,
        node: usize,
        options: EvacuationOptions,
    ) -> Result<(), Refusal> {
        self.check_serving(node)?;
        let counts = self.population.counts(node);
        let Some(at) = self.nodes.get_mut(node) else { return Ok(()) };
        if at.evacuation.is_some() {
            return Err(Refusal::Error("already_started"));
        }
        if self.rules.evacuation_holds_agent_at_once {
            at.agent.enable(Holder::Evacuation, counts, self.rules).map_err(Refusal::Error)?;
        }
        let away = self.config.durable_sessions;
        at.evacuation = Some(Evacuation::new(self.now, options, counts, away));
        Ok(())
    }

    /// Stops the evacuation of `node` and opens it.
    pub(crate) fn stop_evacuation(&mut self, node: usize) -> Result<(), Refusal> {
        self.check_serving(node)?;
        let Some(at) = self.nodes.get_mut(node) else { return Ok(()) };
        at.evacuation.take().ok_or(Refusal::Error("not_started"))?;
        at.agent.release(Holder::Evacuation);
        Ok(())
    }

    /// The nodes that `observer` sees running, in EMQX's order.
    pub(crate) fn running(&self, observer: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.sees(observer, *node)).collect()
    }

    /// Whether `observer` finds that `node` can be named in a start: up, and nobody's donor.
    ///
    /// EMQX asks the node's eviction agent, which outlives the rebalance application.
    pub(crate) fn can_take_part(&self, observer: usize, node: usize) -> bool {
        let lost = self.health_lost(node) || !self.answers(observer, node);
        let free = |node: &&Node| node.life == Life::Up && node.agent.holder().is_none() && !lost;
        self.nodes.get(node).filter(free).is_some()
    }

    /// Where the sessions of an evacuated `node` can go now.
    pub(crate) fn session_recipients(&self, node: usize) -> Vec<usize> {
        let wanted = self
            .nodes
            .get(node)
            .and_then(|node| node.evacuation.as_ref())
            .and_then(|evacuation| evacuation.options.migrate_to.clone());
        let anywhere = || self.running(node).into_iter().filter(|other| *other != node).collect();
        let mut recipients: Vec<usize> = wanted.unwrap_or_else(anywhere);
        recipients.retain(|other| self.can_take_part(node, *other));
        recipients
    }

    fn check_serving(&self, node: usize) -> Result<(), Refusal> {
        let serves = |node: &&Node| node.life == Life::Up && !node.gave_up;
        self.nodes.get(node).filter(serves).map(|_| ()).ok_or(Refusal::NoProcess)
    }
}

/// EMQX's word for a process that is not there.
const NO_PROCESS: &str = "noproc";
