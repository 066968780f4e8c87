//! A node, as its connections know it.

use super::broker::Broker;
use crate::server::Shared;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A node, as its connections know it.
pub(crate) struct Host {
    pub(crate) shared: Arc<Shared>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) node: usize,
    /// How long a connection may stay without a CONNECT.
    pub(crate) connect_timeout: Duration,
    /// Whether the node hangs.
    pub(crate) hung: watch::Receiver<bool>,
}

impl Host {
    pub(super) fn is_hung(&self) -> bool {
        *self.hung.borrow()
    }

    /// Waits until the node does not hang.
    pub(super) async fn awake(&self) {
        let mut hung = self.hung.clone();
        // Whoever could make the node hang is gone if this fails, and so is the cluster.
        let _awake = hung.wait_for(|hung| !hung).await.is_ok();
    }
}
