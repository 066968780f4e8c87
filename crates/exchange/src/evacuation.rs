//! Emptying one node.

use crate::cluster::Cluster;
use crate::transport::Transport;
use emqx_rebalance_core::{
    Error, Evacuation, EvacuationPlan, EvacuationPlanOptions, EvacuationStatus, NodeName, Result,
    StartAnswer, StopAnswer, plan_evacuation,
};

impl<T: Transport> Cluster<T> {
    /// Plans the evacuation of `node` in the cluster as it is now.
    ///
    /// # Errors
    /// As [`Self::snapshot`] and [`emqx_rebalance_core::plan_evacuation`].
    pub async fn plan_evacuation(
        &self,
        node: &NodeName,
        evacuation: &Evacuation,
        options: &EvacuationPlanOptions,
    ) -> Result<EvacuationPlan> {
        plan_evacuation(&self.snapshot().await?, node, evacuation, options)
    }

    /// Has `node` begin to empty itself, and does not look after it. It stays closed until
    /// [`Self::stop_evacuation`], over restarts of the node too.
    ///
    /// # Errors
    /// `refused`, `unknown_node`, `config_invalid` or `unsupported` as EMQX says. After `timeout`,
    /// `unreachable` or `protocol` it is not known whether it began: see [`Self::evacuations`].
    pub async fn start_evacuation(&self, node: &NodeName, evacuation: &Evacuation) -> Result<()> {
        let request = self.api.start_evacuation(node, evacuation, self.capabilities)?;
        let parse = |answer: &_| self.api.parse_start_evacuation(answer);
        match self.session.command(&request, parse).await? {
            StartAnswer::Started => Ok(()),
            StartAnswer::Refused(refusal) => Err(Error::from(refusal).with("node", node)),
        }
    }

    /// Has `node` take clients again. Returns whether an evacuation was going on.
    ///
    /// # Errors
    /// As [`Self::start_evacuation`].
    pub async fn stop_evacuation(&self, node: &NodeName) -> Result<bool> {
        match self.stop_emptying(node).await? {
            StopAnswer::Stopped => Ok(true),
            StopAnswer::NotStarted => Ok(false),
            StopAnswer::Refused(refusal) => Err(Error::from(refusal).with("node", node)),
        }
    }

    /// The evacuations that go on.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn evacuations(&self) -> Result<Vec<EvacuationStatus>> {
        Ok(self.global_status().await?.evacuations)
    }
}
