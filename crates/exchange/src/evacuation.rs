//! Emptying one node.

use crate::cluster::Cluster;
use crate::transport::Transport;
use emqx_rebalance_core::driver::Ask;
use emqx_rebalance_core::{
    Evacuation, EvacuationPlan, EvacuationPlanOptions, EvacuationStatus, NodeName, Result,
    plan_evacuation,
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

    /// Has `node` take clients again. Returns whether an evacuation was going on.
    ///
    /// # Errors
    /// `refused`, `unknown_node` or `unsupported` as EMQX says. After `timeout`, `unreachable` or `protocol`
    /// it is not known whether it ended: see [`Self::evacuations`].
    pub async fn stop_evacuation(&self, node: &NodeName) -> Result<bool> {
        self.is_stopped(node, &Ask::StopEvacuation { node: node.clone() }).await
    }

    /// The evacuations that go on.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn evacuations(&self) -> Result<Vec<EvacuationStatus>> {
        Ok(self.global_status().await?.evacuations)
    }
}
