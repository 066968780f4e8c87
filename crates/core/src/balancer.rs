//! What stands between the clients and the nodes.

use crate::forecast::Spread;
use serde::{Deserialize, Serialize};

/// How a load balancer picks the node for a new connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancer {
    /// One node after the other.
    RoundRobin,
    /// Any node: as many to each on average, with the noise of chance.
    Random,
    /// The node with the fewest connections.
    LeastConnections,
}

impl LoadBalancer {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::RoundRobin, Self::Random, Self::LeastConnections];

    /// Their words.
    pub(crate) const WORDS: [(&str, Self); 3] = [
        ("round_robin", Self::RoundRobin),
        ("random", Self::Random),
        ("least_connections", Self::LeastConnections),
    ];

    pub(crate) fn spread(self) -> Spread {
        match self {
            Self::RoundRobin | Self::Random => Spread::Evenly,
            Self::LeastConnections => Spread::ToEmptiest,
        }
    }
}
