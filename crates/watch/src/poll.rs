//! One look at a cluster.

use crate::clock::now_ms;
use crate::store::Sample;
use emqx_rebalance_client::{Cluster, ClusterConfig};
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{Balance, ErrorKind, NodeLoad, Result};

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

/// How evenly the nodes that count are loaded, and with how many clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The fullest node over the mean.
    pub(crate) over: f64,
    /// Connected clients.
    pub(crate) clients: u64,
}

impl Load {
    /// The one in `status`, if any of it is known.
    pub(crate) fn of(status: &Status) -> Option<Self> {
        let loads: Vec<&NodeLoad> =
            status.nodes.iter().filter(|load| load.status.counts()).collect();
        let clients = loads.iter().map(|load| load.connections).fold(0, u64::saturating_add);
        let over = Balance::of(loads.iter().map(|load| (load.connections, load.weight()))).over;
        (!loads.is_empty()).then_some(Self { over, clients })
    }
}

/// The load in `status` as it is kept, with what the policy made of it.
pub(crate) fn sample(status: &Status, over: Option<f64>) -> Option<Sample> {
    let load = Load::of(status)?;
    Some(Sample { at_ms: now_ms(), over: over.unwrap_or(load.over), clients: load.clients })
}

const CHANGED: [ErrorKind; 4] =
    [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::Unsupported, ErrorKind::Protocol];
