//! How far a cluster is from level, and the least that levelling it can cost.

use crate::number::float;
use crate::strategy::Strategy;
use serde::{Deserialize, Serialize};

/// How unequal the load is. All 0 when every node carries its share, or there is no load at all.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Balance {
    /// The fullest node over the mean: max ÷ mean − 1. 0.25 is 25 % too much.
    pub over: f64,
    /// The emptiest node under the mean: 1 − min ÷ mean. 1 is an empty node.
    pub under: f64,
    /// Coefficient of variation: standard deviation ÷ mean.
    pub cv: f64,
}

impl Balance {
    /// The balance of `loads`, each a node's clients and its weight. With unequal weights every
    /// load counts per weight, so that level means equal load per weight.
    ///
    /// ```
    /// use emqx_rebalance_core::Balance;
    ///
    /// // 300 and 100 clients: the fuller node holds half as much again as the mean.
    /// let balance = Balance::of([(300, 1.0), (100, 1.0)]);
    /// assert!((balance.over - 0.5).abs() < 1e-9);
    /// ```
    pub fn of(loads: impl IntoIterator<Item = (u64, f64)>) -> Self {
        let loads: Vec<(f64, f64)> = loads.into_iter().map(|(n, w)| (float(n), w)).collect();
        let total: f64 = loads.iter().map(|(n, _)| n).sum();
        let weights: f64 = loads.iter().map(|(_, w)| w).sum();
        if total <= 0.0 || weights <= 0.0 {
            return Self::default();
        }
        let mean = total / weights;
        let relative: Vec<f64> = loads.iter().map(|(n, w)| n / w / mean).collect();
        let square = |(r, (_, w)): (&f64, &(f64, f64))| w * (r - 1.0).powi(2);
        let variance: f64 = relative.iter().zip(&loads).map(square).sum::<f64>() / weights;
        Self {
            over: relative.iter().copied().fold(f64::MIN, f64::max) - 1.0,
            under: 1.0 - relative.iter().copied().fold(f64::MAX, f64::min),
            cv: variance.sqrt(),
        }
    }
}

/// The balance of a cluster before and after.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BalanceChange {
    /// Now.
    pub before: Balance,
    /// As forecast.
    pub after: Balance,
}

/// What no plan can beat.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Bounds {
    /// Fewest clients that must be dropped to level: what each node has over its share, rounded up.
    pub fewest_disconnects: u64,
    /// Shortest time in seconds at the strategy's rate: both waits, and as many ticks as the
    /// fullest node needs to reach its share.
    pub shortest_s: u64,
}

impl Bounds {
    /// The bounds for `loads` (clients and weight of each node) at the rate and waits of `strategy`.
    pub fn of(loads: &[(u64, f64)], strategy: &Strategy) -> Self {
        let total: u64 = loads.iter().map(|(n, _)| n).fold(0, |sum, n| sum.saturating_add(*n));
        let weights: f64 = loads.iter().map(|(_, w)| w).sum();
        let excess =
            |(count, weight): &(u64, f64)| count.saturating_sub(share(total, *weight, weights));
        let fullest = loads.iter().map(excess).max().unwrap_or(0);
        let ticks = fullest.div_ceil(strategy.conn_evict_rate.get().into());
        let waits = u64::from(strategy.wait_health_check) + u64::from(strategy.wait_takeover);
        Self {
            fewest_disconnects: loads.iter().map(excess).fold(0, u64::saturating_add),
            shortest_s: if fullest == 0 { 0 } else { waits + ticks },
        }
    }
}

/// A node's share of `total`, rounded up.
fn share(total: u64, weight: f64, weights: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is at most the total and never negative"
    )]
    let share = (float(total) * weight / weights).ceil() as u64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(counts: &[u64]) -> Vec<(u64, f64)> {
        counts.iter().map(|n| (*n, 1.0)).collect()
    }

    #[test]
    fn three_full_nodes_and_an_empty_one() {
        let balance = Balance::of(loads(&[3333, 3334, 3333, 0]));
        assert!((balance.over - 0.3336).abs() < 1e-9);
        assert!((balance.under - 1.0).abs() < 1e-9);
        let bounds = Bounds::of(&loads(&[3333, 3334, 3333, 0]), &Strategy::default());
        assert_eq!(bounds, Bounds { fewest_disconnects: 2500, shortest_s: 122 });
    }

    #[test]
    fn an_empty_or_level_cluster_is_balanced() {
        assert_eq!(Balance::of([]), Balance::default());
        assert_eq!(Balance::of(loads(&[0, 0])), Balance::default());
        assert_eq!(Balance::of(loads(&[5, 5])), Balance::default());
        assert_eq!(Bounds::of(&loads(&[2, 3]), &Strategy::default()), Bounds::default());
    }

    #[test]
    fn a_node_of_double_weight_carries_double() {
        let balance = Balance::of([(200, 2.0), (100, 1.0)]);
        assert_eq!(balance, Balance::default());
    }
}
