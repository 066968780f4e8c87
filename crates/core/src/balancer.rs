//! What stands between the clients and the nodes.

use crate::forecast::Spread;
use crate::number::float;
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
    #[serde(alias = "leastconn")]
    LeastConnections,
    /// The same client to the same node, by its address or otherwise. What is levelled does not stay so.
    Sticky,
    /// Learned from where the clients of a pilot go.
    Auto,
}

impl LoadBalancer {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::RoundRobin, Self::Random, Self::LeastConnections, Self::Sticky, Self::Auto];

    /// Those that a plan can level behind.
    pub(crate) const LEVELLING: [Self; 3] =
        [Self::RoundRobin, Self::Random, Self::LeastConnections];

    /// Their words; HAProxy's for least connections is one, too.
    pub(crate) const WORDS: [(&str, Self); 6] = [
        ("round_robin", Self::RoundRobin),
        ("random", Self::Random),
        ("least_connections", Self::LeastConnections),
        ("leastconn", Self::LeastConnections),
        ("sticky", Self::Sticky),
        ("auto", Self::Auto),
    ];

    /// The kind that has sent clients to open nodes, each of which held `before` and holds `after` clients;
    /// `None` if they were too few to tell.
    pub(crate) fn seen(nodes: &[(u64, u64)]) -> Option<Self> {
        let before: Vec<f64> = nodes.iter().map(|(before, _)| float(*before)).collect();
        let gains: Vec<f64> =
            nodes.iter().map(|(before, after)| float(after.saturating_sub(*before))).collect();
        let total: f64 = gains.iter().sum();
        let count = float(nodes.len() as u64);
        if count < 2.0 || total < TELLING * count {
            return None;
        }
        let mut filled = before.clone();
        Spread::ToEmptiest.send(total, &mut filled, &vec![true; nodes.len()]);
        let to_emptiest: Vec<f64> =
            filled.iter().zip(&before).map(|(now, was)| now - was).collect();
        let each = total / count;
        let apart = |expected: &dyn Fn(usize) -> f64| -> f64 {
            gains.iter().enumerate().map(|(i, gain)| (gain - expected(i)).abs()).sum::<f64>()
                / total
        };
        let from_even = apart(&|_| each);
        let from_emptiest = apart(&|i| to_emptiest.get(i).copied().unwrap_or_default());
        // Chance deals to each node its share, give or take the root of it.
        let by_chance =
            gains.iter().map(|gain| (gain - each).powi(2) / each).sum::<f64>() / (count - 1.0);
        Some(match () {
            () if from_emptiest < from_even && from_emptiest < NEAR => Self::LeastConnections,
            () if by_chance < FAR_BELOW_CHANCE => Self::RoundRobin,
            () if by_chance < FAR_ABOVE_CHANCE => Self::Random,
            () => Self::Sticky,
        })
    }

    pub(crate) fn spread(self) -> Spread {
        match self {
            Self::RoundRobin | Self::Random | Self::Sticky | Self::Auto => Spread::Evenly,
            Self::LeastConnections => Spread::ToEmptiest,
        }
    }
}

/// Fewer clients for each node tell nothing of the balancer.
const TELLING: f64 = 10.0;
/// A third of the clients on other nodes than expected is no trifle any more.
const NEAR: f64 = 0.33;
/// So much more even than chance would be, on average 1, is no chance.
const FAR_BELOW_CHANCE: f64 = 0.3;
/// So much less even than chance would be is none either.
const FAR_ABOVE_CHANCE: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balancer_is_known_by_what_it_does() {
        for (nodes, kind) in [
            (&[(100, 151), (0, 50), (300, 350), (20, 71)][..], Some(LoadBalancer::RoundRobin)),
            (&[(100, 140), (0, 61), (300, 344), (20, 77)], Some(LoadBalancer::Random)),
            (&[(100, 108), (0, 107), (300, 300), (20, 107)], Some(LoadBalancer::LeastConnections)),
            (&[(100, 300), (0, 2), (300, 300), (20, 20)], Some(LoadBalancer::Sticky)),
            (&[(100, 105), (0, 6)], None),
            (&[(100, 300)], None),
        ] {
            assert_eq!(LoadBalancer::seen(nodes), kind, "{nodes:?}");
        }
    }
}
