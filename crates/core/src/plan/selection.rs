//! Which nodes of the snapshot take part.

use super::options::PlanOptions;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus, Role, Snapshot};

/// The indices of the nodes to balance, in the snapshot's order.
///
/// Named nodes are taken as they are, but for those that are not known: they never take part.
/// Otherwise every running node of one role: replicants if any
/// is running, since in such a cluster they carry the clients, else cores.
pub(crate) fn select(snapshot: &Snapshot, options: &PlanOptions) -> Result<Vec<usize>> {
    check_names(snapshot, options)?;
    let carrier = snapshot.running().filter_map(|load| load.role).max();
    let takes_part = |load: &NodeLoad| {
        load.status != NodeStatus::Unknown
            && !options.exclude.contains(&load.node)
            && match &options.nodes {
                Some(nodes) => nodes.contains(&load.node),
                None => load.status.counts() && (load.role.is_none() || load.role == carrier),
            }
    };
    let nodes = snapshot.nodes().iter().enumerate();
    Ok(nodes.filter(|(_, load)| takes_part(load)).map(|(i, _)| i).collect())
}

/// Whether `load`, which is not known, would take part if it were: it is named, or nothing leaves it
/// out. Then nobody knows whether it is a donor.
pub(crate) fn would_take_part(snapshot: &Snapshot, options: &PlanOptions, load: &NodeLoad) -> bool {
    let carrier = snapshot.running().filter_map(|load| load.role).max();
    let is_chosen = match &options.nodes {
        Some(nodes) => nodes.contains(&load.node),
        None => load.role.is_none() || carrier.is_none() || load.role >= carrier,
    };
    is_chosen && !options.exclude.contains(&load.node)
}

/// Nodes that were left out because others are replicants, and carry clients all the same.
pub(crate) fn left_out_by_role<'a>(
    snapshot: &'a Snapshot,
    options: &'a PlanOptions,
) -> impl Iterator<Item = &'a NodeLoad> {
    let has_replicants = snapshot.running().any(|load| load.role == Some(Role::Replicant));
    snapshot.running().filter(move |load| {
        let excluded = options.exclude.contains(&load.node);
        options.nodes.is_none() && has_replicants && load.role == Some(Role::Core) && !excluded
    })
}

fn check_names(snapshot: &Snapshot, options: &PlanOptions) -> Result<()> {
    let named = options.nodes.iter().flatten().chain(&options.exclude).chain(&options.coordinator);
    let unknown: Vec<&NodeName> = named.filter(|name| snapshot.node(name).is_none()).collect();
    if let Some(first) = unknown.first() {
        let known: Vec<&str> = snapshot.nodes().iter().map(|load| load.node.as_str()).collect();
        return Err(Error::new(ErrorKind::UnknownNode, "no such node in the snapshot")
            .with("node", first)
            .with("known", known.join(", ")));
    }
    let nodes = options.nodes.as_deref().unwrap_or_default();
    let twice = nodes
        .iter()
        .enumerate()
        .find(|(i, name)| nodes.iter().take(*i).any(|earlier| earlier == *name));
    match (twice, &options.nodes) {
        (Some((i, name)), _) => Err(Error::invalid(
            "options",
            vec![Problem::new(
                format!("nodes[{i}]"),
                name,
                "a node that is not in the list already",
            )],
        )),
        (None, Some(nodes)) if nodes.is_empty() => Err(Error::invalid(
            "options",
            vec![Problem::new("nodes", "[]", "left out, or a list of at least one node")],
        )),
        _ => Ok(()),
    }
}
