//! One process acts, the others stand by: a Lease says which.
//!
//! The lease keeps two processes from working side by side. That a rebalance is never started twice
//! does not hang on it: the state on each object does that, since only who wrote it may replace it.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use kube::{Client, ResourceExt};
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseManagerError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Where the lease is.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// Its namespace; the client's own by default.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Whether this process is the leader.
#[derive(Debug)]
pub(crate) struct Leadership {
    is_leader: watch::Receiver<bool>,
    namespace: String,
    name: String,
    task: JoinHandle<Result<LeaseManager, LeaseManagerError>>,
}

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
            .with_namespace(&namespace)
            .with_identity(identity)
            .with_duration(DURATION_S)
            .with_grace(GRACE_S)
            .build()
            .await?;
        let (is_leader, task) = manager.watch().await;
        Ok(Self { is_leader, namespace, name: options.name.clone(), task })
    }

    /// Since when there is a lease: the first process of an installation creates it.
    pub(crate) async fn since(&self, client: &Client) -> Result<Option<Timestamp>, kube::Error> {
        let api: Api<Lease> = Api::namespaced(client.clone(), &self.namespace);
        Ok(api.get(&self.name).await?.creation_timestamp().map(|time| time.0))
    }

    /// Waits until this process is the leader, or is no more; false if the election is over.
    pub(crate) async fn until(&mut self, is_leader: bool) -> bool {
        self.is_leader.wait_for(|now| *now == is_leader).await.is_ok()
    }

    /// Gives the lease back, so that the next leader need not wait until it runs out.
    pub(crate) async fn resign(self) {
        drop(self.is_leader);
        if timeout(RESIGN, self.task).await.is_err() {
            tracing::warn!("the lease could not be given back; it runs out by itself");
        }
    }
}

/// How long others wait for a leader that is silent.
const DURATION_S: u64 = 15;
/// How long before that the leader renews.
const GRACE_S: u64 = 5;
/// How long the end of the process may take for it.
const RESIGN: Duration = Duration::from_secs(3);
