//! Breaks and mends.

use super::Fault;
use crate::cluster::{Refusal, StartOptions};
use crate::coordinator::RpcTimeouts;
use crate::evacuation::EvacuationOptions;
use crate::http::Simulation;
use crate::population::Disturbance;
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result, Strategy};

impl Simulation {
    /// Breaks or mends something now.
    ///
    /// # Errors
    /// `unknown_node` if the cluster has no such node; `unsupported` if the clients are real and
    /// cannot be told; `refused` if EMQX does not let somebody else do it.
    pub fn inject(&mut self, fault: &Fault) -> Result<()> {
        match fault {
            Fault::NodeKilled { node } => self.cluster.kill(self.place(node)?),
            Fault::NodeRestarted { node } => self.cluster.restart(self.place(node)?),
            Fault::NodeHung { node } => self.cluster.hang(self.place(node)?),
            Fault::NodeResumed { node } => self.cluster.resume(self.place(node)?),
            Fault::NodeCutOff { node } => self.cluster.cut_off(self.place(node)?, true),
            Fault::NodeReached { node } => self.cluster.cut_off(self.place(node)?, false),
            Fault::NodeAppeared { node } => self.cluster.appear(self.place(node)?),
            Fault::NodeJoined { node } => self.cluster.join(self.place(node)?),
            Fault::NodeSlow { node, ms } => self.cluster.slow(self.place(node)?, *ms),
            Fault::CoordinatorCrash { node } => {
                self.cluster.crash_coordinator(self.place(node)?);
            }
            Fault::Http { fault } => {
                fault.node.as_ref().map(|node| self.place(node)).transpose()?;
                self.http_faults.0.push(fault.clone());
            }
            Fault::HttpMended => self.http_faults.0.clear(),
            Fault::TokensExpired => self.expire_tokens(),
            Fault::ClockSkew { seconds } => self.skew_clock(*seconds),
            Fault::LoadBalancer { down } => {
                self.disturb(&Disturbance::Routing { open: !down })?;
            }
            Fault::Reconnect { reconnect } => {
                reconnect.validate()?;
                self.disturb(&Disturbance::Reconnect(reconnect.clone()))?;
            }
            Fault::Arrivals { per_s, for_s } => {
                self.disturb(&Disturbance::Arrivals { per_s: *per_s, for_s: *for_s })?;
            }
            Fault::ForeignRun { coordinator, nodes, strategy } => {
                self.foreign_run(coordinator, nodes.as_deref(), strategy)?;
            }
            Fault::ForeignEvacuation { node } => self.foreign_evacuation(node)?,
            Fault::ForeignStop { coordinator } => {
                let node = self.place(coordinator)?;
                self.cluster.stop(node).map_err(|refusal| refused(&refusal))?;
            }
        }
        self.serve_waiting();
        Ok(())
    }

    fn place(&self, node: &NodeName) -> Result<usize> {
        self.cluster.find(node.as_str()).ok_or_else(|| {
            Error::new(ErrorKind::UnknownNode, "the cluster has no such node").with("node", node)
        })
    }

    fn disturb(&mut self, disturbance: &Disturbance) -> Result<()> {
        if self.cluster.disturb_clients(disturbance) {
            return Ok(());
        }
        let message = "real clients connect as they like: this is for counted ones";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn foreign_run(
        &mut self,
        coordinator: &NodeName,
        nodes: Option<&[NodeName]>,
        strategy: &Strategy,
    ) -> Result<()> {
        let place = self.place(coordinator)?;
        let named = |nodes: &[NodeName]| nodes.iter().map(|node| self.place(node)).collect();
        let nodes: Option<Vec<usize>> = nodes.map(named).transpose()?;
        let (strategy, rpc_timeouts) = (strategy.clone(), RpcTimeouts::default());
        let start = StartOptions { strategy, rpc_timeouts, nodes };
        self.cluster.start(place, start).map_err(|refusal| refused(&refusal))
    }

    fn foreign_evacuation(&mut self, node: &NodeName) -> Result<()> {
        let place = self.place(node)?;
        let base = Strategy::default();
        let options = EvacuationOptions {
            conn_evict_rate: base.conn_evict_rate,
            sess_evict_rate: base.sess_evict_rate,
            wait_health_check: 0,
            wait_takeover: base.wait_takeover,
            migrate_to: None,
        };
        self.cluster.start_evacuation(place, options).map_err(|refusal| refused(&refusal))
    }
}

fn refused(refusal: &Refusal) -> Error {
    let word = match refusal {
        Refusal::Error(word) => word,
        Refusal::BadNodes(_) => "a node is busy",
        Refusal::NoProcess => "the rebalance application does not run",
    };
    Error::new(ErrorKind::Refused, "EMQX does not do that now").with("why", word)
}
