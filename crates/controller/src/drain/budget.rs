//! How fast a node is emptied, by the time that there is.

use super::node::Load;
use emqx_rebalance_core::{Evacuation, EvictRate};
use std::time::Duration;

/// The time that a pod has until Kubernetes ends it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Budget {
    seconds: u32,
}

impl Budget {
    /// `within` seconds; `None` if that is too short to do anything, or longer than a day.
    pub(super) fn of(within: u64) -> Option<Self> {
        let seconds = u32::try_from(within).ok()?;
        (MIN_S..=MAX_S).contains(&seconds).then_some(Self { seconds })
    }

    /// When to answer at the latest, less what opening the node again may take.
    pub(super) fn limit(self) -> Duration {
        Duration::from_secs(self.seconds.into()).saturating_sub(KEPT_BACK)
    }

    /// An evacuation that empties the node by then, and no faster than that takes: the other nodes have
    /// to take all of it.
    pub(super) fn evacuation(self, load: Load) -> Evacuation {
        // A pod that ends is no endpoint any more, so load balancers need little time to notice.
        let tenth = (self.seconds / 10).max(1);
        let (notice, takeover) = (tenth.min(MAX_NOTICE_S), tenth.min(MAX_TAKEOVER_S));
        let rest = u64::from(self.seconds.saturating_sub(tenth * 3).max(2));
        let to_evict = rest * 2 / 3;
        Evacuation {
            conn_evict_rate: rate(load.connections, to_evict),
            sess_evict_rate: rate(load.sessions, rest.saturating_sub(to_evict)),
            wait_health_check: load.has_notice.then_some(notice),
            wait_takeover: takeover,
            ..Evacuation::default()
        }
    }
}

/// At least so many a second that `count` are gone after `seconds`.
fn rate(count: u64, seconds: u64) -> EvictRate {
    let rate = count.div_ceil(seconds.max(1)).max(LEAST);
    EvictRate::at_least_one(u32::try_from(rate).unwrap_or(u32::MAX))
}

/// The bound of a budget, for people.
pub(super) const BOUND: &str = "from 10 to 86400";
const MIN_S: u32 = 10;
const MAX_S: u32 = 86_400;
/// What is kept back to open the node again and to answer.
pub(super) const KEPT_BACK: Duration = Duration::from_secs(2);
const MAX_NOTICE_S: u32 = 5;
const MAX_TAKEOVER_S: u32 = 30;
/// Clients per second that every cluster can take.
const LEAST: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_bounds() {
        for (within, is_one) in [(9, false), (10, true), (86_400, true), (86_401, false)] {
            assert_eq!(Budget::of(within).is_some(), is_one, "{within}");
        }
        assert!(Budget::of(u64::MAX).is_none());
    }

    #[test]
    fn all_is_done_within_the_time() {
        for within in [10, 30, 60, 300, 3600, 86_400] {
            for count in [1, 1000, 50_000, 1_000_000] {
                let load = Load { connections: count, sessions: count, has_notice: true };
                let evacuation = Budget::of(within).unwrap().evacuation(load);
                let ticks = |rate: EvictRate| count.div_ceil(u64::from(rate.get()));
                let waits = evacuation.wait_health_check.unwrap() + evacuation.wait_takeover;
                let takes = u64::from(waits)
                    + ticks(evacuation.conn_evict_rate)
                    + ticks(evacuation.sess_evict_rate);
                assert!(takes <= within, "{count} within {within}: {takes}");
            }
        }
    }

    #[test]
    fn clients_are_moved_no_faster_than_the_time_asks_for() {
        let load = Load { connections: 100_000, sessions: 0, has_notice: false };
        let evacuation = Budget::of(600).unwrap().evacuation(load);
        assert!(evacuation.conn_evict_rate.get() < 400, "{evacuation:?}");
        assert_eq!(evacuation.wait_health_check, None, "EMQX 4 knows no such wait");
    }
}
