//! A cluster behind one or more URLs, with sockets to ask it.

use crate::run::Run;
use crate::store::{NoStore, Store};
use crate::transport::Sockets;
use emqx_rebalance_core::doctor::Examined;
use emqx_rebalance_core::driver::{Driver, DriverOptions};
use emqx_rebalance_core::{EvacuationPlan, Plan, Result};
use emqx_rebalance_exchange::{Access, Cluster as Exchange};
use std::future::ready;
use std::ops::Deref;

/// A cluster behind one or more URLs. Cheap to clone.
///
/// What can be asked of it is what can be asked of an [`Exchange`], which it is.
#[derive(Clone, Debug)]
pub struct Cluster(Exchange<Sockets>);

impl Deref for Cluster {
    type Target = Exchange<Sockets>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Cluster {
    /// Finds out which API answers and what the oldest node of the cluster can do.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is; `unreachable`, `timeout`, `protocol`,
    /// `unauthorized` or `forbidden` if no URL leads to an EMQX that lets this user read its nodes.
    pub async fn connect(access: Access) -> Result<Self> {
        let sockets = Sockets::new(&access.tls, &access.timeouts)?;
        Exchange::connect(sockets, access).await.map(Self)
    }

    /// Reads what [`diagnose`](emqx_rebalance_core::doctor::diagnose) judges, by questions that
    /// change nothing.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is.
    pub async fn examine(access: Access) -> Result<Examined> {
        let sockets = Sockets::new(&access.tls, &access.timeouts)?;
        Exchange::examine(sockets, access).await
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
    /// closed until [`Exchange::stop_evacuation`].
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

    /// Runs `driver`, new or restored, in the background, keeping its state in `store`.
    ///
    /// Must be called within a tokio runtime.
    pub fn drive(&self, driver: Driver, store: impl Store) -> Run {
        Run::spawn(ready(Ok(self.clone())), driver, store)
    }
}
