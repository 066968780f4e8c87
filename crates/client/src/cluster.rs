//! A cluster behind one or more URLs, with sockets to ask it.

use crate::config::ClusterConfig;
use crate::run::Run;
use crate::store::{NoStore, Store};
use crate::transport::Sockets;
use emqx_rebalance_core::driver::{Answer, Ask, Driver, DriverOptions, Status};
use emqx_rebalance_core::{
    Evacuation, EvacuationPlan, EvacuationPlanOptions, EvacuationStatus, NodeName, Plan,
    PlanOptions, Result, Snapshot, Strategy,
};
use emqx_rebalance_exchange::Cluster as Exchange;

/// A cluster behind one or more URLs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cluster(Exchange<Sockets>);

impl Cluster {
    /// Finds out which API answers and what the oldest node of the cluster can do.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is; `unreachable`, `timeout`, `protocol`,
    /// `unauthorized` or `forbidden` if no URL leads to an EMQX that lets this user read its nodes.
    pub async fn connect(config: ClusterConfig) -> Result<Self> {
        let sockets = Sockets::new(&config.tls, &config.timeouts)?;
        Exchange::connect(sockets, config.access()).await.map(Self)
    }

    /// Every node's load now. Nodes that evacuate or are donors of a rebalance say so.
    ///
    /// # Errors
    /// As [`Self::connect`]; `protocol` if a node's load cannot be read, since a plan without it
    /// would be wrong.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.0.snapshot().await
    }

    /// Plans for the cluster as it is now.
    ///
    /// # Errors
    /// As [`Self::snapshot`] and [`emqx_rebalance_core::plan`].
    pub async fn plan(&self, strategy: &Strategy, options: &PlanOptions) -> Result<Plan> {
        self.0.plan(strategy, options).await
    }

    /// What runs in the cluster now, whoever started it. Has no verdict: EMQX keeps none.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn status(&self) -> Result<Status> {
        self.0.status().await
    }

    /// Stops the run of `coordinator`, or every run of the cluster, and says which were stopped.
    ///
    /// # Errors
    /// As [`Self::connect`]; `refused` and `unknown_node` as EMQX says.
    pub async fn stop(&self, coordinator: Option<&NodeName>) -> Result<Vec<NodeName>> {
        self.0.stop(coordinator).await
    }

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
        self.0.plan_evacuation(node, evacuation, options).await
    }

    /// Has `node` take clients again. Returns whether an evacuation was going on.
    ///
    /// # Errors
    /// `refused`, `unknown_node` or `unsupported` as EMQX says. After `timeout`, `unreachable` or `protocol`
    /// it is not known whether it ended: see [`Self::evacuations`].
    pub async fn stop_evacuation(&self, node: &NodeName) -> Result<bool> {
        self.0.stop_evacuation(node).await
    }

    /// The evacuations that go on.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn evacuations(&self) -> Result<Vec<EvacuationStatus>> {
        self.0.evacuations().await
    }

    /// Begins `plan` and follows it in the background.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn start(&self, plan: Plan, options: DriverOptions, force: bool) -> Result<Run> {
        Ok(self.drive(Driver::new(plan, options, force)?, NoStore))
    }

    /// Begins `plan` and follows it in the background, up to the empty node. The node then stays
    /// closed until [`Self::stop_evacuation`].
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn evacuate(
        &self,
        plan: EvacuationPlan,
        options: DriverOptions,
        force: bool,
    ) -> Result<Run> {
        Ok(self.drive(Driver::new(plan, options, force)?, NoStore))
    }

    /// Asks once for a driver, and waits for the answer.
    pub(crate) async fn carry(&self, ask: &Ask) -> Result<Answer> {
        self.0.carry(ask).await
    }

    /// Has `driver`, new or restored, run in the background, keeping its state in `store`.
    ///
    /// Must be called within a tokio runtime.
    pub fn drive(&self, driver: Driver, store: impl Store) -> Run {
        Run::spawn(self.clone(), driver, store)
    }
}
