//! What people write of a snapshot, for TypeScript: Rust reads it field by field.

use super::{NodeStatus, Role};
use crate::node::NodeName;

/// What is written of a snapshot.
#[derive(ts_rs::TS)]
#[ts(optional_fields)]
#[expect(dead_code, reason = "the type is for TypeScript")]
pub(crate) struct SnapshotInput {
    #[ts(as = "Option<u32>")]
    version: u32,
    nodes: Vec<NodeLoadInput>,
}

/// What is written of a node: any but its name may be left out.
#[derive(ts_rs::TS)]
#[ts(optional_fields)]
#[expect(dead_code, reason = "the type is for TypeScript")]
struct NodeLoadInput {
    node: NodeName,
    #[ts(as = "Option<u64>")]
    connections: u64,
    sessions: Option<u64>,
    disconnected_sessions: Option<u64>,
    role: Option<Role>,
    version: Option<String>,
    #[ts(as = "Option<NodeStatus>")]
    status: NodeStatus,
    max_fds: Option<u64>,
    weight: Option<f64>,
    read_at_ms: Option<u64>,
    read_from: Option<String>,
}
