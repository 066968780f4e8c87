//! How patient a driver is.

use super::budget::{Budget, budget};
use crate::input::{options, whole};
use crate::plan::Plan;
use serde::Serialize;

options! {
    /// How patient a driver is. All are whole numbers; 0 is refused.
    #[derive(Clone, Debug, Eq, PartialEq, Serialize)]
    #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
    pub struct DriverOptions("driver options") {
        /// Milliseconds between two polls: EMQX's own tick is 1000.
        pub poll_interval_ms: u32 = whole(100, 60_000).of("ms").or("1000"),
        /// Polls in a row that must not show a run before it counts as gone: a node that is slow to
        /// answer another is left out of EMQX's answer.
        pub empty_polls: u32 = whole(1, 100).of("polls").or("3"),
        /// Seconds without any count moving, while a run evicts, before it counts as stalled.
        pub stall_after_s: u32 = whole(1, DAY_S).of("s").or("30"),
        /// Seconds that donors may take to serve again, and clients to come back, after the last run is
        /// gone.
        pub settle_s: u32 = whole(1, DAY_S).of("s").or("30"),
        /// Most waves of a plan, each planned afresh from the counts that the last one left: EMQX bears
        /// few starts an hour. Donors that are closed in groups, since `max_unavailable` allows no more at
        /// once, are one wave in all; 1 allows nothing after the first runs.
        pub max_waves: u32 = whole(1, 3).of("waves").or("3").level(),
        /// Clients that may be dropped in all waves together, as a ratio to the fewest that any plan must drop
        /// or as a number: no further wave begins that would take more.
        #[ts(type = "string | number", optional)]
        pub max_disconnects: Budget = budget().level().or("1.1x"),
        /// Percent of the cluster's clients that may be missing before the runs are stopped; 100 never
        /// stops them.
        pub max_missing_percent: u32 = whole(1, 100).of("%").or("10"),
        /// Seconds that dropped clients are given to come back before they count as missing, and to settle
        /// after a wave. Never more than a quarter of all clients is taken to be on its way.
        pub reconnect_grace_s: u32 = whole(1, DAY_S).of("s").or("5"),
        /// Connections at which a recipient counts as full and the runs are stopped.
        pub max_node_connections: Option<u32> =
            whole(1, u32::MAX).of("clients").otherwise("90 % of its file descriptors"),
        /// Seconds for the whole plan, from the last start of a wave on; what cannot be seen by then is given
        /// 150 s more.
        pub time_limit_s: Option<u32> =
            whole(1, u32::MAX).of("s").otherwise("twice the forecast and two minutes"),
    }
}

impl DriverOptions {
    /// Most waves of `plan`: the groups that its donors are closed in are one of those that are allowed, unless
    /// nothing may follow the first runs.
    pub(crate) fn waves_of(&self, plan: &Plan) -> usize {
        let most = self.max_waves as usize;
        if most > 1 { most + plan.groups - 1 } else { most }
    }

    /// Most clients that `plan` may drop in all. Where few nodes may be closed at once, no plan drops as few
    /// as could be dropped otherwise.
    pub(crate) fn disconnects_of(&self, plan: &Plan) -> u64 {
        let groups = plan.waves.iter().take(if plan.groups > 1 { plan.groups } else { 0 });
        let by_groups = groups.map(|wave| wave.disconnects).fold(0, u64::saturating_add);
        self.max_disconnects.clients(plan.bounds.fewest_disconnects.max(by_groups))
    }

    /// Seconds for something that should take `forecast_s`.
    pub(crate) fn limit_s(&self, forecast_s: u64) -> u64 {
        match self.time_limit_s {
            Some(limit_s) => limit_s.into(),
            None => forecast_s.saturating_mul(2).saturating_add(TIME_LIMIT_MARGIN_S),
        }
    }
}

const DAY_S: u32 = 86_400;
/// Seconds beyond twice the forecast before a plan without a time limit is late: clients may come
/// back slowly, and EMQX's own calls may take 45 s.
const TIME_LIMIT_MARGIN_S: u64 = 120;
