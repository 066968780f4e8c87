//! How fast and how far EMQX levels: the options of its `load_rebalance` start call.

use crate::input::{number, options, seconds, whole};
use crate::units::{AbsThreshold, EvictRate, MAX_WAIT_S, RelThreshold};
use crate::version::EmqxVersion;
use serde::Serialize;

options! {
    /// EMQX's rebalance options under EMQX's names, every one resolved.
    ///
    /// Reads from an object in which any may be left out or `null`: the default is then EMQX's.
    /// Rates and thresholds also read from decimal text, waits from text such as "10s" or "1m30s".
    /// All problems are reported at once. Source of names, bounds and defaults: EMQX
    /// `apps/emqx_node_rebalance` (`emqx_node_rebalance.hrl`, `emqx_node_rebalance_api.erl`), 5.3 to 6.x.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
    pub struct Strategy("strategy") {
        /// Clients that each donor drops per tick of one second.
        pub conn_evict_rate: EvictRate = whole(1, u32::MAX).of("clients/s").or("500"),
        /// Disconnected sessions that each donor moves per tick of one second.
        pub sess_evict_rate: EvictRate = whole(1, u32::MAX).of("sessions/s").or("500"),
        /// Seconds between the start and the first eviction, for load balancers to notice that the
        /// donors are closed.
        pub wait_health_check: u32 = seconds(MAX_WAIT_S).or("60"),
        /// Seconds between the last connection evicted and the first session moved, for clients to
        /// come back and take over their sessions.
        pub wait_takeover: u32 = seconds(MAX_WAIT_S).or("60"),
        /// Connections: donors' average may be this much over recipients' average.
        pub abs_conn_threshold: AbsThreshold = whole(1, u32::MAX).of("clients").or("1000"),
        /// Connections: donors' average may be this many times recipients' average.
        ///
        /// EMQX stops when **either** threshold is met, so the laxer one decides.
        pub rel_conn_threshold: RelThreshold = number(&RelThreshold::RANGE).of("times").or("1.1"),
        /// Sessions: donors' average may be this much over recipients' average.
        pub abs_sess_threshold: AbsThreshold = whole(1, u32::MAX).of("sessions").or("1000"),
        /// Sessions: donors' average may be this many times recipients' average.
        pub rel_sess_threshold: RelThreshold = number(&RelThreshold::RANGE).of("times").or("1.1"),
        /// Seconds that one round of evicting connections may take on the donors. Left out of the
        /// request if it is not given: older versions refuse it.
        pub conn_evict_rpc_timeout: Option<u32> =
            seconds(MAX_WAIT_S).since(EmqxVersion::RPC_TIMEOUTS).otherwise("EMQX's own, 15"),
        /// Seconds that one round of moving sessions may take on the donors. Left out of the
        /// request if it is not given: older versions refuse it.
        pub sess_evict_rpc_timeout: Option<u32> =
            seconds(MAX_WAIT_S).since(EmqxVersion::RPC_TIMEOUTS).otherwise("EMQX's own, 15"),
    }
}

impl Strategy {
    /// Whether EMQX would call connection averages of donors and recipients balanced.
    ///
    /// ```
    /// use emqx_rebalance_core::Strategy;
    ///
    /// let strategy: Strategy = serde_json::from_str(r#"{"abs_conn_threshold": 1000}"#)?;
    /// assert!(strategy.conns_within(5000.0, 4100.0));
    /// assert!(!strategy.conns_within(9000.0, 100.0));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
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
            "`rel_conn_threshold` is `1.0`",
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
