//! The way to the cluster of an object.

use crate::context::Context;
use crate::failure::{Failure, REFUSED, refusal};
use crate::instance::Lookup;
use crate::order::Order;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::{Error, ErrorKind};
use kube::ResourceExt;

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
pub(super) async fn reach(context: &Context, object: &Order) -> Result<Reached, Failure> {
    let access = match context.finder.find(object).await {
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
    Ok(match access.connect().await {
        Ok(cluster) => Reached::Cluster { cluster, service },
        Err(error) if error.is_retryable() => {
            Reached::NotYet { reason: "EmqxUnreachable", message: told(object, error) }
        }
        Err(error) => Reached::Never { reason: reason(error.kind()), message: told(object, error) },
    })
}

/// `error` as it is written on `object`: without what was answered where the object says whom to ask,
/// or conditions would show what is at any address that it names.
pub(crate) fn told(object: &Order, error: Error) -> String {
    let error =
        if object.target.is_direct() { error.without("answer").without("code") } else { error };
    error.to_string()
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
fn is_young(context: &Context, object: &Order) -> bool {
    let created = object.creation_timestamp().map_or(0, |time| time.0.as_millisecond());
    let created = u64::try_from(created).unwrap_or_default();
    context.clock.now().as_ms().saturating_sub(created) < ABSENT_FOR_MS
}

/// The reason of an instance, or of what belongs to it, that is not there.
pub(super) const ABSENT: &str = "InstanceNotFound";
const ABSENT_FOR_MS: u64 = 60_000;
