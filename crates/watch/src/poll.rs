//! One look at a cluster.

use crate::clock::now_ms;
use crate::store::Sample;
use emqx_rebalance_client::{Cluster, ClusterConfig};
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{Balance, ErrorKind, NodeLoad, NodeStatus, Result};

/// A cluster that is asked again and again.
#[derive(Debug)]
pub(crate) struct Line {
    access: ClusterConfig,
    /// Once it has answered.
    cluster: Option<Cluster>,
}

impl Line {
    pub(crate) fn new(access: ClusterConfig) -> Self {
        Self { access, cluster: None }
    }

    pub(crate) fn access(&self) -> &ClusterConfig {
        &self.access
    }

    /// The cluster, once it has answered.
    pub(crate) fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// What is on in the cluster. Safe to drop: it only reads.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) async fn read(&mut self) -> Result<Status> {
        let cluster = match &self.cluster {
            Some(cluster) => cluster.clone(),
            None => self.cluster.insert(Cluster::connect(self.access.clone()).await?).clone(),
        };
        let status = cluster.status().await;
        if status.as_ref().is_err_and(|error| CHANGED.contains(&error.kind())) {
            // It was upgraded, or its key was changed: what was found out of it is no longer so.
            self.cluster = None;
        }
        status
    }
}

/// The load in `status`, if any of it is known.
pub(crate) fn sample(status: &Status, over: Option<f64>) -> Option<Sample> {
    let known = |load: &&NodeLoad| matches!(load.status, NodeStatus::Running | NodeStatus::Donor);
    let loads: Vec<&NodeLoad> = status.nodes.iter().filter(known).collect();
    let balance = || Balance::of(loads.iter().map(|load| (load.connections, load.weight()))).over;
    let clients = loads.iter().map(|load| load.connections).fold(0, u64::saturating_add);
    (!loads.is_empty()).then(|| Sample {
        at_ms: now_ms(),
        over: over.unwrap_or_else(balance),
        clients,
    })
}

const CHANGED: [ErrorKind; 4] =
    [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::Unsupported, ErrorKind::Protocol];
