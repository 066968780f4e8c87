//! What EMQX's versions mean for a plan.

use super::finding::{Finding, FindingCode as Code, Severity};
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;
use crate::version::EmqxVersion;

/// What the versions of `nodes` mean for a rebalance by `strategy`.
pub(super) fn check(nodes: &[&NodeLoad], strategy: &Strategy) -> Vec<Finding> {
    let wants_rpc_timeouts =
        strategy.conn_evict_rpc_timeout.or(strategy.sess_evict_rpc_timeout).is_some();
    let mut findings = Vec::new();
    let mut known = Vec::new();
    for load in nodes {
        let Some(version) = load.version.as_deref().and_then(EmqxVersion::parse) else {
            if wants_rpc_timeouts {
                let message = format!(
                    "the version of {} is not known: before {} it refuses the RPC timeouts",
                    load.node,
                    EmqxVersion::RPC_TIMEOUTS
                );
                let finding = Finding::new(Severity::Warning, Code::VersionUnknown, message);
                findings.push(finding.about(&load.node));
            }
            continue;
        };
        known.push(version);
        findings.extend(unsupported(load, version, wants_rpc_timeouts));
    }
    findings.extend(of_cluster(&known));
    findings
}

/// What `version` cannot do that is asked of `load`.
pub(crate) fn unsupported(
    load: &NodeLoad,
    version: EmqxVersion,
    wants_rpc_timeouts: bool,
) -> Option<Finding> {
    let (code, text) = if !version.can_rebalance() {
        let (v4, v5) = (EmqxVersion::FIRST_V4, EmqxVersion::FIRST_V5);
        (Code::UnsupportedVersion, format!("rebalancing needs {v4} or {v5}"))
    } else if wants_rpc_timeouts && version < EmqxVersion::RPC_TIMEOUTS {
        let first = EmqxVersion::RPC_TIMEOUTS;
        let text = format!(
            "conn_evict_rpc_timeout and sess_evict_rpc_timeout need {first}: leave them out"
        );
        (Code::UnsupportedOption, text)
    } else {
        return None;
    };
    let message = format!("{} runs EMQX {version}: {text}", load.node);
    Some(Finding::new(Severity::Error, code, message).about(&load.node))
}

/// What the versions of a cluster's nodes mean for whatever moves clients.
pub(crate) fn of_cluster(known: &[EmqxVersion]) -> impl Iterator<Item = Finding> {
    mixed_versions(known).into_iter().chain(counted_sessions(known))
}

fn mixed_versions(known: &[EmqxVersion]) -> Option<Finding> {
    let (oldest, newest) = (known.iter().min()?, known.iter().max()?);
    let change = EmqxVersion::TAKEOVER_CHANGED;
    (oldest.major() == 5 && *oldest < change && *newest >= change).then(|| {
        Finding::new(
            Severity::Warning,
            Code::MixedVersions,
            format!(
                "nodes run EMQX {oldest} to {newest}: taking over a session between versions \
                 before and from {change} on can crash; upgrade first"
            ),
        )
    })
}

/// Nodes that do not say how many clients are connected.
fn counted_sessions(known: &[EmqxVersion]) -> Option<Finding> {
    let version = known.iter().find(|version| version.counts_sessions())?;
    let message = format!(
        "EMQX {version} counts sessions of absent clients as clients, and does not say how many: the \
         counts may be too high, and a session that expires looks like a client that is missing; \
         {} and later tell them apart",
        EmqxVersion::COUNTS_CLIENTS_V4
    );
    Some(Finding::new(Severity::Warning, Code::SessionsCounted, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_releases_of_4_4_do_not_say_how_many_clients_are_connected() {
        let codes = |versions: &[&str]| {
            let known: Vec<_> = versions.iter().filter_map(|v| EmqxVersion::parse(v)).collect();
            of_cluster(&known).map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&["4.4.24", "4.4.18"]), [Code::SessionsCounted]);
        assert_eq!(codes(&["4.4.19", "4.4.24"]), []);
        assert_eq!(codes(&["5.2.0", "5.3.2"]), [Code::MixedVersions]);
    }
}
