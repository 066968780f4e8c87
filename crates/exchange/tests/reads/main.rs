//! Reads of a cluster of which one node hangs, is cut off, or has left, and stops of what runs there:
//! who is asked for what, and what is made of the answers.
#![cfg(test)]

mod nodes;
mod recorded;
mod running;
mod script;
mod stops;

use emqx_rebalance_core::{NodeLoad, NodeName, NodeStatus, Snapshot};
use emqx_rebalance_exchange::Access;
use emqx_rebalance_exchange::sansio::Cluster;
use recorded::{ALL, name};
use script::Script;

/// A cluster that every node's URL is known of.
fn cluster() -> Cluster {
    cluster_by(&ALL)
}

/// A cluster that is asked by the URLs of `nodes`, in their order.
fn cluster_by(nodes: &[usize]) -> Cluster {
    let urls = nodes.iter().map(|node| format!("http://n{node}")).collect();
    Cluster::new(Access { urls, find_nodes: false, ..Access::default() }).unwrap()
}

fn snapshot(script: &mut Script, cluster: &Cluster) -> Snapshot {
    script.ask(cluster.snapshot()).0.unwrap()
}

fn load(snapshot: &Snapshot, node: usize) -> &NodeLoad {
    let name = node_name(node);
    snapshot.nodes().iter().find(|load| load.node == name).unwrap()
}

fn is_unknown(snapshot: &Snapshot, node: usize) -> bool {
    load(snapshot, node).status == NodeStatus::Unknown
}

fn node_name(node: usize) -> NodeName {
    NodeName::new(name(node)).unwrap()
}
