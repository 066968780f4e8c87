//! When, within a second, the load balancer looks at the nodes.

use super::draft::{Draft, Hold};
use super::setting::{SEEN_LAG_S, Setting};

/// A moment within every second at which the balancer looks, which a plan cannot know.
///
/// A node whose run ends on a second is seen to serve at the next look. Coordinators tick up to
/// 0.2 s out of phase, so where the balancer looks in just that time it sees some nodes with one
/// look and the others, the stragglers, with the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// From a coordinator's tick to the look.
    lag_s: f64,
    /// The stragglers, seen a second later: a bit for each site, over and over.
    stragglers: u64,
}

impl Look {
    /// The earliest at which all nodes are seen at once.
    pub(crate) const EARLY: Self = Self { lag_s: 0.2, stragglers: 0 };
    /// The latest.
    pub(crate) const LATE: Self = Self { lag_s: SEEN_LAG_S, stragglers: 0 };

    /// When the balancer sends clients to each node; 0 for those that are open throughout.
    pub(crate) fn openings(self, setting: &Setting, draft: &Draft) -> Vec<f64> {
        let at = |site: usize, hold: Hold| {
            let late = (self.stragglers >> (site % 64)) & 1 == 1;
            let second = if late { 1.0 } else { 0.0 };
            setting.opens_s(hold.lasts_s()) - SEEN_LAG_S + self.lag_s + second
        };
        let opens = |(site, hold): (usize, &Option<Hold>)| hold.map_or(0.0, |hold| at(site, hold));
        draft.holds.iter().enumerate().map(opens).collect()
    }
}

/// What `at` comes to over all looks: their mean, with some weight on the worst at which all nodes
/// are seen at once.
///
/// One in five looks has stragglers; they weigh more here, since they are what spoils plans.
pub(crate) fn typical(at: impl Fn(Look) -> f64) -> f64 {
    let plain = TOGETHER.map(&at);
    let mixed = STRAGGLERS.map(|stragglers| at(Look { lag_s: 0.0, stragglers }));
    let worst = plain.iter().copied().fold(0.0, f64::max);
    0.5 * mean(plain) + 0.2 * worst + 0.3 * mean(mixed)
}

fn mean(values: [f64; 4]) -> f64 {
    values.iter().sum::<f64>() / 4.0
}

/// Looks that see all nodes at once, equally likely.
const TOGETHER: [Look; 4] = [
    Look::EARLY,
    Look { lag_s: 0.45, stragglers: 0 },
    Look { lag_s: 0.7, stragglers: 0 },
    Look::LATE,
];
/// Who straggles: two patterns, and those they leave out.
const STRAGGLERS: [u64; 4] =
    [0x5A3C_96E1_0FD2_784B, !0x5A3C_96E1_0FD2_784B, 0x3C69_A5D2_874B_E11E, !0x3C69_A5D2_874B_E11E];
