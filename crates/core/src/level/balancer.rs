//! What stands between the clients and the nodes.

use crate::error::{Error, Problem, Result};
use crate::forecast::Spread;
use crate::plan::PlanOptions;
use serde::{Deserialize, Serialize};

/// How a load balancer picks the node for a new connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
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

/// Checks the numbers among `options`, all at once.
pub(crate) fn check(options: &PlanOptions) -> Result<()> {
    let mut problems = Vec::new();
    let mut number = |name: &str, value: Option<f64>, bound: &str, holds: fn(f64) -> bool| {
        if let Some(value) = value.filter(|value| !(value.is_finite() && holds(*value))) {
            problems.push(Problem::new(name, value, bound));
        }
    };
    let not_negative = |value: f64| (0.0..=86_400.0).contains(&value);
    let delay = options.reconnect_delay_s;
    number("reconnect_delay_s", delay, "a number of seconds from 0 to 86400", not_negative);
    let share = |value: f64| (0.0..=1.0).contains(&value);
    number("target_over", options.target_over, "a share from 0 to 1, such as 0.005", share);
    let rate = "a number of clients per second, at least 1";
    for (name, value) in [
        ("max_reconnect_rate", options.max_reconnect_rate),
        ("max_cluster_reconnect_rate", options.max_cluster_reconnect_rate),
    ] {
        number(name, value, rate, |value| value >= 1.0);
    }
    if options.max_unavailable == Some(0) {
        problems.push(Problem::new("max_unavailable", 0, "at least 1 node"));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid("options", problems)) }
}
