//! What the calls of one cluster share.

use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::Access;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::OnceCell;

/// The way to one cluster, found when first asked.
#[derive(Debug, Default)]
pub(crate) struct Link {
    cluster: OnceCell<Cluster>,
    /// Calls on their way.
    calls: AtomicUsize,
}

impl Link {
    /// Finds the cluster, or remembers where it was.
    pub(crate) async fn connect(&self, access: &Access) -> Result<Cluster> {
        self.cluster.get_or_try_init(|| Cluster::connect(access.clone())).await.cloned()
    }

    /// Counts one more call, until the guard is dropped.
    ///
    /// # Errors
    /// `unreachable` if so many wait already that EMQX does not seem to answer.
    pub(crate) fn begin_call(self: &Arc<Self>) -> Result<Call> {
        let call = Call(Arc::clone(self));
        if self.calls.fetch_add(1, Ordering::Relaxed) < MAX_CALLS {
            return Ok(call);
        }
        let message = "too many calls wait for this cluster already";
        Err(Error::new(ErrorKind::Unreachable, message).with("calls", MAX_CALLS))
    }
}

/// A call on its way.
#[derive(Debug)]
pub(crate) struct Call(Arc<Link>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Calls to one cluster that may be on their way at once.
const MAX_CALLS: usize = 256;
