//! How fast and how far EMQX levels: the options of its `load_rebalance` start call.

use crate::input::{Fields, FromFields, Options};
use crate::units::{AbsThreshold, EvictRate, MAX_WAIT_S, RelThreshold};
use serde::{Deserialize, Deserializer, Serialize};

/// EMQX's rebalance options under EMQX's names, every one resolved.
///
/// Reads from an object in which any may be left out or `null`: the default is then EMQX's.
/// Rates and thresholds also read from decimal text, waits from text such as "10s" or "1m30s".
/// All problems are reported at once. Source of names, bounds and defaults: EMQX
/// `apps/emqx_node_rebalance` (`emqx_node_rebalance.hrl`, `emqx_node_rebalance_api.erl`), 5.3 to 6.x.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Strategy {
    /// Clients that each donor drops per tick of one second. Default 500.
    pub conn_evict_rate: EvictRate,
    /// Disconnected sessions that each donor moves per tick of one second. Default 500.
    pub sess_evict_rate: EvictRate,
    /// Seconds between the start and the first eviction, for load balancers to notice that the
    /// donors are closed. 0 to 4294967, default 60.
    pub wait_health_check: u32,
    /// Seconds between the last connection evicted and the first session moved, for clients to
    /// come back and take over their sessions. 0 to 4294967, default 60.
    pub wait_takeover: u32,
    /// Connections: donors' average may be this much over recipients' average. Default 1000.
    pub abs_conn_threshold: AbsThreshold,
    /// Connections: donors' average may be this many times recipients' average. Default 1.1.
    ///
    /// EMQX stops when **either** threshold is met, so the laxer one decides.
    pub rel_conn_threshold: RelThreshold,
    /// Sessions: donors' average may be this much over recipients' average. Default 1000.
    pub abs_sess_threshold: AbsThreshold,
    /// Sessions: donors' average may be this many times recipients' average. Default 1.1.
    pub rel_sess_threshold: RelThreshold,
    /// Seconds that one round of evicting connections may take on the donors, from EMQX 5.9 on;
    /// EMQX's own default is 15. Left out of the request if `None`: older versions refuse it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conn_evict_rpc_timeout: Option<u32>,
    /// Seconds that one round of moving sessions may take on the donors, from EMQX 5.9 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sess_evict_rpc_timeout: Option<u32>,
}

impl Strategy {
    /// Whether EMQX would call connection averages of donors and recipients balanced.
    pub fn conns_within(&self, donors: f64, recipients: f64) -> bool {
        within(donors, recipients, self.abs_conn_threshold, self.rel_conn_threshold)
    }

    /// Whether EMQX would call session averages of donors and recipients balanced.
    pub fn sessions_within(&self, donors: f64, recipients: f64) -> bool {
        within(donors, recipients, self.abs_sess_threshold, self.rel_sess_threshold)
    }
}

/// EMQX's stop rule: either threshold is enough.
fn within(donors: f64, recipients: f64, abs: AbsThreshold, rel: RelThreshold) -> bool {
    donors <= recipients + f64::from(abs.get()) || donors <= recipients * rel.get()
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            conn_evict_rate: EvictRate::at_least_one(500),
            sess_evict_rate: EvictRate::at_least_one(500),
            wait_health_check: 60,
            wait_takeover: 60,
            abs_conn_threshold: AbsThreshold::at_least_one(1000),
            rel_conn_threshold: RelThreshold::from_const(1.1),
            abs_sess_threshold: AbsThreshold::at_least_one(1000),
            rel_sess_threshold: RelThreshold::from_const(1.1),
            conn_evict_rpc_timeout: None,
            sess_evict_rpc_timeout: None,
        }
    }
}

impl FromFields for Strategy {
    const WHAT: &'static str = "strategy";
    const OPTIONS: &'static [&'static str] = &[
        "conn_evict_rate",
        "sess_evict_rate",
        "wait_health_check",
        "wait_takeover",
        "abs_conn_threshold",
        "rel_conn_threshold",
        "abs_sess_threshold",
        "rel_sess_threshold",
        "conn_evict_rpc_timeout",
        "sess_evict_rpc_timeout",
    ];

    fn take(fields: &mut Fields) -> Self {
        let default = Self::default();
        let rate =
            |fields: &mut Fields, name| fields.whole(name, 1, u32::MAX).and_then(EvictRate::new);
        let abs =
            |fields: &mut Fields, name| fields.whole(name, 1, u32::MAX).and_then(AbsThreshold::new);
        let rel = |fields: &mut Fields, name| {
            fields.number(name, "a number more than 1", |n| n > 1.0).and_then(RelThreshold::new)
        };
        Self {
            conn_evict_rate: rate(fields, "conn_evict_rate").unwrap_or(default.conn_evict_rate),
            sess_evict_rate: rate(fields, "sess_evict_rate").unwrap_or(default.sess_evict_rate),
            wait_health_check: fields
                .seconds("wait_health_check", MAX_WAIT_S)
                .unwrap_or(default.wait_health_check),
            wait_takeover: fields
                .seconds("wait_takeover", MAX_WAIT_S)
                .unwrap_or(default.wait_takeover),
            abs_conn_threshold: abs(fields, "abs_conn_threshold")
                .unwrap_or(default.abs_conn_threshold),
            rel_conn_threshold: rel(fields, "rel_conn_threshold")
                .unwrap_or(default.rel_conn_threshold),
            abs_sess_threshold: abs(fields, "abs_sess_threshold")
                .unwrap_or(default.abs_sess_threshold),
            rel_sess_threshold: rel(fields, "rel_sess_threshold")
                .unwrap_or(default.rel_sess_threshold),
            conn_evict_rpc_timeout: fields.seconds("conn_evict_rpc_timeout", MAX_WAIT_S),
            sess_evict_rpc_timeout: fields.seconds("sess_evict_rpc_timeout", MAX_WAIT_S),
        }
    }
}

impl<'de> Deserialize<'de> for Strategy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> String {
        serde_json::from_str::<Strategy>(json).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_object_is_emqx_s_defaults() {
        let strategy: Strategy = serde_json::from_str("{}").unwrap();
        assert_eq!(strategy, Strategy::default());
        assert_eq!(
            serde_json::to_string(&strategy).unwrap(),
            r#"{"conn_evict_rate":500,"sess_evict_rate":500,"wait_health_check":60,"wait_takeover":60,"abs_conn_threshold":1000,"rel_conn_threshold":1.1,"abs_sess_threshold":1000,"rel_sess_threshold":1.1}"#
        );
    }

    #[test]
    fn numbers_read_from_text_and_waits_from_durations() {
        let strategy: Strategy = serde_json::from_str(
            r#"{"conn_evict_rate":"10","rel_conn_threshold":"1.5","wait_takeover":"1m30s","wait_health_check":0,"sess_evict_rate":null}"#,
        )
        .unwrap();
        assert_eq!(strategy.conn_evict_rate.get(), 10);
        assert_eq!(strategy.wait_takeover, 90);
        assert_eq!(strategy.wait_health_check, 0);
        assert_eq!(strategy.sess_evict_rate.get(), 500);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = problems(
            r#"{"conn_evict_rate":0,"sess_evict_rate":10.5,"wait_takeover":-1,"rel_conn_threshold":1.0,"abs_conn_threshold":true,"foo":1}"#,
        );
        for field in [
            "`conn_evict_rate` is `0`",
            "`sess_evict_rate` is `10.5`",
            "`wait_takeover` is `-1`",
            "`rel_conn_threshold` is `1`",
            "`abs_conn_threshold` is `true`",
            "`foo` is `1` but must be left out",
        ] {
            assert!(text.contains(field), "{field} not in {text}");
        }
    }

    #[test]
    fn an_option_given_twice_is_refused() {
        assert!(problems(r#"{"wait_takeover":1,"wait_takeover":2}"#).contains("given twice"));
    }
}
