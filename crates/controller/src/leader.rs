//! One process acts, the others stand by: a Lease says which.
//!
//! The lease keeps two processes from working side by side. That a rebalance is never started twice
//! does not hang on it: the state on each object does that, since only who wrote it may replace it.

use kube::Client;
use kube_lease_manager::{LeaseManagerBuilder, LeaseManagerError};
use tokio::sync::watch;

/// Where the lease is.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// Its namespace; the client's own by default.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Whether this process is the leader. Gives the lease back when it is dropped.
#[derive(Debug)]
pub(crate) struct Leadership(watch::Receiver<bool>);

impl Leadership {
    /// Stands for election as `identity`.
    pub(crate) async fn stand(
        client: &Client,
        options: &LeaseOptions,
        identity: &str,
    ) -> Result<Self, LeaseManagerError> {
        let namespace =
            options.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
        let manager = LeaseManagerBuilder::new(client.clone(), &options.name)
            .with_namespace(namespace)
            .with_identity(identity)
            .with_duration(DURATION_S)
            .with_grace(GRACE_S)
            .build()
            .await?;
        let (receiver, _task) = manager.watch().await;
        Ok(Self(receiver))
    }

    /// Waits until this process is the leader, or is no more; false if the election is over.
    pub(crate) async fn until(&mut self, is_leader: bool) -> bool {
        self.0.wait_for(|now| *now == is_leader).await.is_ok()
    }
}

/// How long others wait for a leader that is silent.
const DURATION_S: u64 = 15;
/// How long before that the leader renews.
const GRACE_S: u64 = 5;
