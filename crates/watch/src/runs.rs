//! A run on its way, whose state is in the store.

use crate::store::Store;
use emqx_rebalance_client::{Cluster, ClusterConfig, Run};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{ErrorKind, Result};
use std::future::ready;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// A run on its way.
#[derive(Debug)]
pub(crate) struct OnItsWay {
    /// Its number in the store.
    pub(crate) id: i64,
    pub(crate) run: Run,
}

/// Keeps the state of one run in the store.
struct Kept {
    store: Store,
    id: i64,
}

impl emqx_rebalance_client::Store for Kept {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        block_in_place(|| Handle::current().block_on(self.store.save(self.id, driver)))
    }
}

impl OnItsWay {
    /// Drives what was just stored, in a cluster that answers.
    pub(crate) fn begin(store: &Store, id: i64, cluster: Cluster, driver: Driver) -> Self {
        let kept = Kept { store: store.clone(), id };
        Self { id, run: Run::spawn(ready(Ok(cluster)), driver, kept) }
    }

    /// Goes on with what another process began, as soon as the cluster is found.
    pub(crate) fn resume(store: &Store, id: i64, access: ClusterConfig, driver: Driver) -> Self {
        let kept = Kept { store: store.clone(), id };
        Self { id, run: Run::spawn(find(access), driver, kept) }
    }
}

/// EMQX goes on meanwhile, so the cluster is looked for until it is found.
async fn find(access: ClusterConfig) -> Result<Cluster> {
    loop {
        match Cluster::connect(access.clone()).await {
            Err(error) if error.kind() != ErrorKind::ConfigInvalid => sleep(AGAIN).await,
            found => return found,
        }
    }
}

/// How long after it was not found the cluster is looked for again.
const AGAIN: Duration = Duration::from_secs(2);
