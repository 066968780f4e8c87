//! What a `Rebalance` asks for.

use crate::own::named;
use emqx_rebalance_core::{Error, Options, Result, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a `Rebalance` asks for.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebalanceSpec {
    /// `EMQX`, or `EmqxEnterprise` for the resource of that kind in v1beta4.
    #[serde(default = "emqx")]
    pub instance_kind: String,
    /// Name of the EMQX resource, in the namespace of this one.
    pub instance_name: String,
    /// How fast and how far.
    pub rebalance_strategy: RebalanceStrategy,
}

/// How fast and how far: the options of EMQX's start call. Source of names, types and defaults: the
/// custom resource definition of EMQX Operator 2.2 (`apps.emqx.io_rebalances.yaml`).
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebalanceStrategy {
    /// Clients that each donor drops per second.
    #[schemars(extend("format" = "int32", "minimum" = 1))]
    pub conn_evict_rate: i64,
    /// Disconnected sessions that each donor moves per second.
    #[serde(default = "rate")]
    #[schemars(extend("format" = "int32"))]
    pub sess_evict_rate: i64,
    /// Seconds for clients to take over their sessions before sessions are moved.
    #[serde(default = "wait")]
    #[schemars(extend("format" = "int32"))]
    pub wait_takeover: i64,
    /// Seconds for load balancers to take the donors out before clients are dropped.
    #[serde(default = "wait")]
    #[schemars(extend("format" = "int32"))]
    pub wait_health_check: i64,
    /// Connections: donors' average may be this much over recipients' average.
    #[serde(default = "abs")]
    #[schemars(extend("format" = "int32"))]
    pub abs_conn_threshold: i64,
    /// Connections: donors' average may be this many times recipients' average; over 1.
    #[serde(default = "rel")]
    pub rel_conn_threshold: String,
    /// Sessions: donors' average may be this much over recipients' average.
    #[serde(default = "abs")]
    #[schemars(extend("format" = "int32"))]
    pub abs_sess_threshold: i64,
    /// Sessions: donors' average may be this many times recipients' average; over 1.
    #[serde(default = "rel")]
    pub rel_sess_threshold: String,
}

impl Default for RebalanceSpec {
    fn default() -> Self {
        Self {
            instance_kind: emqx(),
            instance_name: String::new(),
            rebalance_strategy: RebalanceStrategy::default(),
        }
    }
}

impl Default for RebalanceStrategy {
    fn default() -> Self {
        Self {
            conn_evict_rate: 0,
            sess_evict_rate: rate(),
            wait_takeover: wait(),
            wait_health_check: wait(),
            abs_conn_threshold: abs(),
            rel_conn_threshold: rel(),
            abs_sess_threshold: abs(),
            rel_sess_threshold: rel(),
        }
    }
}

impl RebalanceStrategy {
    /// The strategy in the core's terms.
    ///
    /// # Errors
    /// `config_invalid` with every problem, under the names of the custom resource.
    pub fn to_core(&self) -> Result<Strategy> {
        let Self {
            conn_evict_rate,
            sess_evict_rate,
            wait_takeover,
            wait_health_check,
            abs_conn_threshold,
            rel_conn_threshold,
            abs_sess_threshold,
            rel_sess_threshold,
        } = self;
        let options: Value = json!({
            "conn_evict_rate": conn_evict_rate,
            "sess_evict_rate": sess_evict_rate,
            "wait_takeover": wait_takeover,
            "wait_health_check": wait_health_check,
            "abs_conn_threshold": abs_conn_threshold,
            "rel_conn_threshold": rel_conn_threshold,
            "abs_sess_threshold": abs_sess_threshold,
            "rel_sess_threshold": rel_sess_threshold,
        });
        Strategy::read(options)
            .map_err(|error| Error::invalid("strategy", named(&error, "spec.rebalanceStrategy")))
    }
}

fn emqx() -> String {
    "EMQX".to_owned()
}

fn rate() -> i64 {
    500
}

fn wait() -> i64 {
    60
}

fn abs() -> i64 {
    1000
}

fn rel() -> String {
    "1.1".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use emqx_rebalance_core::EvictRate;

    #[test]
    fn a_sample_of_the_documentation_is_read_in_full() {
        let strategy: RebalanceStrategy = serde_json::from_value(json!({
            "connEvictRate": 10, "sessEvictRate": 10, "waitTakeover": 10, "waitHealthCheck": 10,
            "absConnThreshold": 100, "absSessThreshold": 100, "relConnThreshold": "1.1",
            "relSessThreshold": "1.2",
        }))
        .unwrap();
        let core = strategy.to_core().unwrap();
        assert_eq!(core.conn_evict_rate, EvictRate::at_least_one(10));
        assert_eq!(core.wait_health_check, 10);
        assert!((core.rel_sess_threshold.get() - 1.2).abs() < 1e-9);
    }

    #[test]
    fn every_problem_is_named_as_in_the_custom_resource() {
        let strategy = RebalanceStrategy {
            conn_evict_rate: 0,
            rel_conn_threshold: "0.9".to_owned(),
            ..RebalanceStrategy::default()
        };
        let text = strategy.to_core().unwrap_err().to_string();
        assert!(text.contains("`spec.rebalanceStrategy.connEvictRate` is `0`"), "{text}");
        assert!(text.contains("`spec.rebalanceStrategy.relConnThreshold` is `0.9`"), "{text}");
    }
}
