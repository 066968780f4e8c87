//! Where the clients are: the total before the first start against what is connected now.
//!
//! The total is defended from the first start to the verdict, over all waves: a run that has ended, or
//! a wave that begins from shrunken counts, brings back no client.

use super::options::DriverOptions;
use crate::node::NodeName;
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// The clients of the whole cluster, as far as they are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clients {
    /// Connected before the first start.
    pub(crate) before: u64,
    /// Connected when the nodes were last read; of nodes that are not known now, as last read.
    pub(crate) now: u64,
    /// The nodes that are not known now.
    pub(crate) unknown: Vec<NodeName>,
}

/// Clients that a node has lost between two polls.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Loss {
    pub(crate) at: Timestamp,
    pub(crate) clients: u64,
}

impl Clients {
    /// Those that were connected before the first start and are nowhere now.
    pub(crate) fn missing(&self) -> u64 {
        self.before.saturating_sub(self.now)
    }

    /// The most that may be missing: what the user wrote, and at least one client.
    pub(crate) fn limit(&self, options: &DriverOptions) -> u64 {
        let percent = u128::from(options.max_missing_percent);
        let limit = (u128::from(self.before) * percent).div_ceil(100);
        u64::try_from(limit).unwrap_or(u64::MAX)
    }

    /// Whether more are missing than the user allows.
    pub(crate) fn are_missing(&self, options: &DriverOptions) -> bool {
        self.missing() > self.limit(options)
    }

    /// In words, unless all are there and known.
    pub(crate) fn told(&self) -> Option<String> {
        let names = self.unknown.iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ");
        let missing = self.missing();
        let before = self.before;
        match (missing, self.unknown.len()) {
            (0, 0) => None,
            (0, 1) => Some(format!("{names} is not known, and counted as last read")),
            (0, _) => Some(format!("{names} are not known, and counted as last read")),
            (_, 0) => Some(format!("{missing} of {before} clients are missing")),
            (_, 1) => Some(format!(
                "{missing} of {before} clients are missing, unless they are on {names}, which is not \
                 known"
            )),
            _ => Some(format!(
                "{missing} of {before} clients are missing, unless they are on {names}, which are not \
                 known"
            )),
        }
    }
}

/// Clients that are on their way at `now`: those that nodes have lost in the time that clients are given
/// to come back. Never more than a quarter of `before`, unless that is a handful.
pub(crate) fn travelling(
    losses: &[Loss],
    before: u64,
    now: Timestamp,
    options: &DriverOptions,
) -> u64 {
    let grace_ms = u64::from(options.reconnect_grace_s) * 1000;
    let recent = losses.iter().filter(|loss| now.ms_since(loss.at) <= grace_ms);
    let lost = recent.map(|loss| loss.clients).fold(0, u64::saturating_add);
    lost.min((before / MOST_TRAVELLING).max(HANDFUL))
}

/// Clients that `losing` have lost from `before` to `after`, each node by itself.
pub(crate) fn lost_between(before: &[NodeLoad], after: &[NodeLoad], losing: &[NodeName]) -> u64 {
    let lost = before.iter().filter(|load| losing.contains(&load.node)).map(|load| {
        let now = after.iter().find(|now| now.node == load.node);
        now.map_or(load.connections, |now| load.connections.saturating_sub(now.connections))
    });
    lost.fold(0, u64::saturating_add)
}

/// Clients of `nodes` together.
pub(crate) fn total(nodes: &[NodeLoad]) -> u64 {
    nodes.iter().map(|load| load.connections).fold(0, u64::saturating_add)
}

/// One in so many clients may be on its way at any time.
const MOST_TRAVELLING: u64 = 4;
/// In a small cluster a tick may drop everybody, and nobody misses so few for a few seconds.
const HANDFUL: u64 = 10;
