//! The way to the cluster of an object.

use crate::context::Context;
use crate::failure::{Failure, REFUSED, refusal};
use crate::instance::{self, Access, Lookup};
use crate::resource::Rebalance;
use emqx_rebalance_client::{Cluster, ClusterConfig, Tls};
use emqx_rebalance_core::{Error, ErrorKind};
use kube::ResourceExt;
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// What looking for a cluster came to.
pub(super) enum Reached {
    /// It answers.
    Cluster {
        cluster: Cluster,
        /// The Service that its clients connect to, if that is known.
        service: Option<String>,
    },
    /// It may later.
    NotYet { reason: &'static str, message: String },
    /// It will not, unless somebody changes something.
    Never { reason: &'static str, message: String },
}

/// Finds the cluster of `object` and asks it who it is.
pub(super) async fn reach(context: &Context, object: &Rebalance) -> Result<Reached, Failure> {
    let access = match instance::find(&context.client, &context.kinds, object).await {
        Ok(access) => access,
        Err(Lookup::Api(error)) => {
            let Some(message) = refusal(&error) else { return Err(error.into()) };
            return Ok(Reached::NotYet { reason: REFUSED, message: message.to_owned() });
        }
        Err(Lookup::Absent(message)) if is_young(context, object) => {
            return Ok(Reached::NotYet { reason: ABSENT, message });
        }
        Err(Lookup::Absent(message)) => return Ok(Reached::Never { reason: ABSENT, message }),
        Err(Lookup::Unusable(error)) => {
            return Ok(Reached::Never { reason: "ConfigInvalid", message: error.to_string() });
        }
    };
    let service = access.service.clone();
    Ok(match connect(access).await {
        Ok(cluster) => Reached::Cluster { cluster, service },
        Err(error) if error.is_retryable() => {
            Reached::NotYet { reason: "EmqxUnreachable", message: error.to_string() }
        }
        Err(error) => Reached::Never { reason: reason(error.kind()), message: error.to_string() },
    })
}

/// The word of an error as a condition's reason.
pub(super) const fn reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConfigInvalid => "ConfigInvalid",
        ErrorKind::Conflict => "Conflict",
        ErrorKind::Forbidden => "Forbidden",
        ErrorKind::Protocol => "Protocol",
        ErrorKind::Refused => "Refused",
        ErrorKind::Timeout => "Timeout",
        ErrorKind::Unauthorized => "Unauthorized",
        ErrorKind::UnknownNode => "UnknownNode",
        ErrorKind::Unreachable => "Unreachable",
        ErrorKind::Unsupported => "Unsupported",
        _ => "Error",
    }
}

/// Whether what it needs may still be on its way: `kubectl apply` of a folder creates an instance and
/// its `Rebalance` in any order.
fn is_young(context: &Context, object: &Rebalance) -> bool {
    let created = object.creation_timestamp().map_or(0, |time| time.0.as_millisecond());
    let created = u64::try_from(created).unwrap_or_default();
    context.clock.now().as_ms().saturating_sub(created) < ABSENT_FOR_MS
}

async fn connect(access: Access) -> Result<Cluster, Error> {
    let Access { urls, node_urls, auth, ca_pem, .. } = access;
    let authority = ca_pem.map(|pem| in_memory(&pem)).transpose()?;
    // Whoever opens this path opens the file anew, from its beginning.
    let path = |file: &File| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let tls = Tls { ca_cert: authority.as_ref().map(path), ..Tls::default() };
    Cluster::connect(ClusterConfig { urls, node_urls, auth, tls, ..ClusterConfig::default() }).await
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

/// The reason of an instance, or of what belongs to it, that is not there.
pub(super) const ABSENT: &str = "InstanceNotFound";
const ABSENT_FOR_MS: u64 = 60_000;
