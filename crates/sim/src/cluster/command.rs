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
        let sides = Sides::of(&nodes, &*self.population, &options.strategy)
            .ok_or(Refusal::Error("nothing_to_balance"))?;
        let StartOptions { strategy, rpc_timeouts, .. } = options;
        let run = Rebalance::new(self.now, coordinator, sides, strategy, rpc_timeouts);
        let failed = self.enable_donors(&run);
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
            let Some(node) = self.nodes.get_mut(*donor) else { continue };
            let enabled = node.agent.enable(holder, counts, self.rules);
            if let (Err(word), Some(name)) = (enabled, self.name(*donor)) {
                failed.push((name.clone(), word));
            }
        }
        failed
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
        at.evacuation = Some(Evacuation::new(self.now, options, counts));
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

    /// Whether `node` can be named in a start: up, and nobody's donor.
    pub(crate) fn can_take_part(&self, node: usize) -> bool {
        let lost = self.health_lost(node);
        let free = |node: &&Node| node.is_serving() && node.agent.holder().is_none() && !lost;
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
        recipients.retain(|other| self.can_take_part(*other));
        recipients
    }

    fn check_serving(&self, node: usize) -> Result<(), Refusal> {
        let serves = |node: &&Node| node.life == Life::Up && !node.gave_up;
        self.nodes.get(node).filter(serves).map(|_| ()).ok_or(Refusal::NoProcess)
    }
}
