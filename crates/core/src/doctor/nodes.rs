//! How the nodes are, and what runs on them.

use super::check::{Check, CheckName as Name, CheckState as State};
use super::{Door, Readings};
use crate::driver::Status;
use crate::emqx::Availability;
use crate::error::{Error, Result};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus, Role};
use crate::version::EmqxVersion;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn checks(readings: &Readings) -> Vec<Check> {
    let mut checks: Vec<Check> = readings.nodes.iter().map(node).collect();
    checks.extend([edition(readings), version(readings), roles(&readings.nodes)]);
    checks.extend(running(&readings.status));
    checks.extend(readings.doors.iter().map(health_check));
    checks
}

fn node(load: &NodeLoad) -> Check {
    let check = match load.status {
        NodeStatus::Running => Check::ok(Name::Node, "runs"),
        NodeStatus::Donor => Check::ok(Name::Node, "runs, as a donor of a rebalance"),
        NodeStatus::Evacuating => {
            Check::new(Name::Node, State::Warning, "runs, and is being evacuated")
                .hint("it takes no clients until its evacuation is stopped")
        }
        NodeStatus::Stopped => Check::new(Name::Node, State::Warning, "is down")
            .hint("start it, or have it leave the cluster; it takes no part meanwhile"),
        NodeStatus::Unknown => {
            let detail =
                "belongs to the cluster and does not answer: it hangs, or its network does";
            let hint = "look at the node and the network between the nodes; EMQX takes up to 45 s \
                        for many answers meanwhile";
            Check::new(Name::Node, State::Problem, detail).hint(hint)
        }
    };
    check.about(&load.node)
}

fn edition(readings: &Readings) -> Check {
    match &readings.edition {
        Some(edition) => Check::ok(Name::Edition, edition),
        None => Check::new(Name::Edition, State::Unknown, "EMQX does not tell it"),
    }
}

fn version(readings: &Readings) -> Check {
    let mut by_version = BTreeMap::<&str, Vec<&NodeName>>::new();
    for load in readings.nodes.iter().filter(|load| load.status != NodeStatus::Stopped) {
        by_version.entry(load.version.as_deref().unwrap_or_default()).or_default().push(&load.node);
    }
    let unknown = by_version.remove("").unwrap_or_default();
    let versions: Vec<&str> = by_version.keys().copied().collect();
    let cannot = by_version.iter().find(|(version, _)| !can_rebalance(version, readings));
    match (cannot, versions.as_slice()) {
        (Some((version, nodes)), _) => {
            let detail = format!("EMQX {version} on {} cannot rebalance", listed(nodes));
            let hint = "rebalancing needs EMQX Enterprise 4.4.12, or 5.1 or later, or any EMQX from \
                        5.9 on";
            Check::new(Name::Version, State::Problem, detail).hint(hint)
        }
        (None, []) => Check::new(Name::Version, State::Unknown, "no node tells its version"),
        (None, [version]) if unknown.is_empty() => {
            Check::ok(Name::Version, format!("{version} on every node"))
        }
        (None, [version]) => {
            let detail = format!("{version}, but not known of {}", listed(&unknown));
            Check::new(Name::Version, State::Unknown, detail)
        }
        (None, _) => {
            let each = by_version.iter().map(|(v, nodes)| format!("{v} on {}", listed(nodes)));
            let detail = format!("mixed: {}", each.collect::<Vec<_>>().join(", "));
            let hint = "finish the upgrade first: the oldest version decides what can be done";
            Check::new(Name::Version, State::Warning, detail).hint(hint)
        }
    }
}

/// Whether a version can, in this edition. One that cannot be read is not judged.
fn can_rebalance(version: &str, readings: &Readings) -> bool {
    let is_open_source = readings.edition.as_deref() == Some("Opensource");
    EmqxVersion::parse(version).is_none_or(|version| {
        let is_able = version.can_rebalance();
        if is_open_source { is_able && version >= EmqxVersion::ONE_EDITION } else { is_able }
    })
}

fn roles(nodes: &[NodeLoad]) -> Check {
    let count = |role| nodes.iter().filter(|load| load.role == role).count();
    let (cores, replicants) = (count(Some(Role::Core)), count(Some(Role::Replicant)));
    let untold = count(None);
    let told = match (cores, replicants) {
        (0, 0) => return Check::ok(Name::Roles, "this EMQX has none, or tells none"),
        (cores, 0) => format!("{cores} cores, no replicants"),
        (cores, replicants) => {
            format!("{cores} cores, {replicants} replicants; only the replicants are balanced")
        }
    };
    match untold {
        0 => Check::ok(Name::Roles, told),
        untold => Check::new(Name::Roles, State::Unknown, format!("{told}, {untold} not known")),
    }
}

fn running(status: &Result<Status>) -> Vec<Check> {
    let status = match status {
        Ok(status) => status,
        Err(error) => return vec![Check::because(Name::Running, State::Problem, error)],
    };
    let evacuating = status.nodes.iter().filter(|load| load.status == NodeStatus::Evacuating);
    let evacuating = evacuating.map(|load| {
        let hint = "wait until whoever empties it has ended, or stop the evacuation";
        Check::new(Name::Running, State::Warning, "an evacuation runs on it")
            .hint(hint)
            .about(&load.node)
    });
    let runs = status.runs.iter().map(|run| {
        let state = run.state.as_str();
        let donors: Vec<&NodeName> = run.donors.iter().collect();
        let detail = format!("it runs a rebalance that takes from {} ({state})", listed(&donors));
        let hint = "wait until it ends, or stop it: nothing can be started beside it";
        Check::new(Name::Running, State::Problem, detail).hint(hint).about(&run.coordinator)
    });
    let mut checks: Vec<Check> = runs.chain(evacuating).collect();
    if checks.is_empty() {
        checks.push(Check::ok(Name::Running, "no rebalance and no evacuation"));
    }
    checks
}

/// Whether a load balancer can tell that a donor is closed.
fn health_check(door: &Door) -> Check {
    let check = match &door.availability {
        Ok(Availability::Serving) => {
            Check::ok(Name::HealthCheck, "availability_check answers, and says that it serves")
        }
        Ok(Availability::Closed) => {
            let detail = "availability_check answers, and says that it is closed to clients";
            Check::new(Name::HealthCheck, State::Warning, detail)
                .hint("it is a donor or is evacuated; balancers send clients elsewhere")
        }
        Err(error) => unchecked(door, error),
    };
    check.about(&door.node)
}

fn unchecked(door: &Door, error: &Error) -> Check {
    let (state, hint) = match door.greeting {
        Ok(_) => (State::Warning, "a balancer that checks it may take the node for down"),
        Err(_) => (State::Unknown, "give the URL of the node's own API"),
    };
    let check = Check::because(Name::HealthCheck, state, error);
    Check { detail: format!("availability_check: {}", check.detail), ..check }.hint(hint)
}

/// The first few names, in a row.
fn listed(nodes: &[&NodeName]) -> String {
    let unique: BTreeSet<&str> = nodes.iter().map(|node| node.as_str()).collect();
    let shown: Vec<&str> = unique.iter().take(MAX_NAMES).copied().collect();
    match unique.len().saturating_sub(MAX_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

const MAX_NAMES: usize = 3;
