//! From where a cluster is to a connection with it.

use super::Access;
use emqx_rebalance_client::{Cluster, ClusterConfig, Tls};
use emqx_rebalance_core::{Error, ErrorKind};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

impl Access {
    /// Asks the cluster who it is.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub(crate) async fn connect(self) -> Result<Cluster, Error> {
        let Self { urls, node_urls, find_nodes, auth, ca_pem, .. } = self;
        let authority = ca_pem.map(|pem| in_memory(&pem)).transpose()?;
        // Whoever opens this path opens the file anew, from its beginning.
        let path = |file: &File| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let tls = Tls { ca_cert: authority.as_ref().map(path), ..Tls::default() };
        let config =
            ClusterConfig { urls, node_urls, find_nodes, auth, tls, ..ClusterConfig::default() };
        Cluster::connect(config).await
    }
}

/// The client reads certificates from files, once, while it connects; a pod's file system may be
/// read-only, so this file is in memory.
fn in_memory(pem: &[u8]) -> Result<File, Error> {
    let file = memfd_create("ca.crt", MemfdFlags::CLOEXEC).map_err(io::Error::from);
    let file = file.map(File::from).and_then(|mut file| {
        file.write_all(pem)?;
        Ok(file)
    });
    file.map_err(|error| {
        Error::new(ErrorKind::ConfigInvalid, "the certificate authority cannot be kept in memory")
            .with("cause", error)
    })
}
