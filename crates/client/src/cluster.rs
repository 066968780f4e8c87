//! A cluster behind one or more URLs, with sockets to ask it.

use crate::transport::Sockets;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::doctor::Examined;
use emqx_rebalance_exchange::{Access, Cluster as Exchange};
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
}
