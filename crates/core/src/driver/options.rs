//! How patient a driver is.

use crate::input::{Fields, FromFields, Options};
use serde::{Deserialize, Deserializer, Serialize};

/// How patient a driver is. All are whole numbers; 0 is refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct DriverOptions {
    /// Milliseconds between two polls. 100 to 60000, default 1000: EMQX's own tick.
    pub poll_interval_ms: u32,
    /// Polls in a row that must not show a run before it counts as gone. 1 to 100, default 3: a
    /// node that is slow to answer another is left out of EMQX's answer.
    pub empty_polls: u32,
    /// Seconds without any count moving, while a run evicts, before it counts as stalled. Default 30.
    pub stall_after_s: u32,
    /// Seconds that donors may take to serve again, and clients to come back, after the last run is
    /// gone. Default 30.
    pub settle_s: u32,
    /// Waves of a `level` plan at most, each planned afresh from the counts that the last one left.
    /// 1 to 3, default 3: EMQX bears few starts an hour.
    pub max_waves: u32,
    /// Percent of the cluster's clients that may be missing before the runs are stopped. 1 to 100,
    /// default 10; 100 never stops them.
    pub max_missing_percent: u32,
    /// Seconds that dropped clients are given to come back before they count as missing, and to settle
    /// after a wave. Default 5. Never more than a quarter of all clients is taken to be on its way.
    pub reconnect_grace_s: u32,
    /// Connections at which a recipient counts as full and the runs are stopped. Default: 90 % of
    /// the file descriptors that EMQX reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_node_connections: Option<u32>,
    /// Seconds for the whole plan, from the last start of a wave on; what cannot be seen by then is given
    /// 150 s more. Default: twice the forecast and two minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_s: Option<u32>,
}

impl DriverOptions {
    /// Seconds for something that should take `forecast_s`.
    pub(crate) fn limit_s(&self, forecast_s: u64) -> u64 {
        match self.time_limit_s {
            Some(limit_s) => limit_s.into(),
            None => forecast_s.saturating_mul(2).saturating_add(TIME_LIMIT_MARGIN_S),
        }
    }
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self {
            poll_interval_ms: 1000,
            empty_polls: 3,
            stall_after_s: 30,
            settle_s: 30,
            max_waves: 3,
            max_missing_percent: 10,
            reconnect_grace_s: 5,
            max_node_connections: None,
            time_limit_s: None,
        }
    }
}

impl FromFields for DriverOptions {
    const WHAT: &'static str = "driver options";
    const OPTIONS: &'static [&'static str] = &[
        "max_waves",
        "poll_interval_ms",
        "empty_polls",
        "stall_after_s",
        "settle_s",
        "max_missing_percent",
        "reconnect_grace_s",
        "max_node_connections",
        "time_limit_s",
    ];

    fn take(fields: &mut Fields) -> Self {
        let default = Self::default();
        Self {
            poll_interval_ms: fields
                .whole("poll_interval_ms", 100, 60_000)
                .unwrap_or(default.poll_interval_ms),
            empty_polls: fields.whole("empty_polls", 1, 100).unwrap_or(default.empty_polls),
            stall_after_s: fields.whole("stall_after_s", 1, DAY_S).unwrap_or(default.stall_after_s),
            settle_s: fields.whole("settle_s", 1, DAY_S).unwrap_or(default.settle_s),
            max_waves: fields.whole("max_waves", 1, 3).unwrap_or(default.max_waves),
            max_missing_percent: fields
                .whole("max_missing_percent", 1, 100)
                .unwrap_or(default.max_missing_percent),
            reconnect_grace_s: fields
                .whole("reconnect_grace_s", 1, DAY_S)
                .unwrap_or(default.reconnect_grace_s),
            max_node_connections: fields.whole("max_node_connections", 1, u32::MAX),
            time_limit_s: fields.whole("time_limit_s", 1, u32::MAX),
        }
    }
}

impl<'de> Deserialize<'de> for DriverOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

const DAY_S: u32 = 86_400;
/// Seconds beyond twice the forecast before a plan without a time limit is late: clients may come
/// back slowly, and EMQX's own calls may take 45 s.
const TIME_LIMIT_MARGIN_S: u64 = 120;
