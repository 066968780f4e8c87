//! How to empty one node: the options of EMQX's evacuation start call.

use crate::input::{Fields, FromFields, Options};
use crate::node::NodeName;
use crate::units::{EvictRate, MAX_WAIT_S};
use serde::{Deserialize, Deserializer, Serialize};

/// EMQX's evacuation options under EMQX's names, every one resolved.
///
/// Reads from an object in which any may be left out or `null`: the default is then EMQX's.
/// All problems are reported at once. Source: EMQX `apps/emqx_node_rebalance`
/// (`emqx_node_rebalance_api.erl`, `emqx_node_rebalance.hrl`), 5.1 to 6.x.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Evacuation {
    /// Clients that the node drops per tick of one second. Default 500.
    pub conn_evict_rate: EvictRate,
    /// Sessions that the node moves per tick of one second. Default 500.
    pub sess_evict_rate: EvictRate,
    /// Seconds between the start and the first eviction, for load balancers to notice. 0 to
    /// 4294967, default 60. Left out of the request if `None`: EMQX before 5.1 has no such wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_health_check: Option<u32>,
    /// Seconds between the last connection evicted and the first session moved. 0 to 4294967,
    /// default 60.
    pub wait_takeover: u32,
    /// The nodes that get the sessions. Default: every other running node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate_to: Option<Vec<NodeName>>,
    /// MQTT 5 server reference for the dropped clients, such as `host1:1883 host2:1883`.
    ///
    /// EMQX 4.4 honours it. EMQX 5 and 6 accept it over HTTP and ignore it (contract/5.3.2, 05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<String>,
}

impl Default for Evacuation {
    fn default() -> Self {
        Self {
            conn_evict_rate: EvictRate::at_least_one(500),
            sess_evict_rate: EvictRate::at_least_one(500),
            wait_health_check: None,
            wait_takeover: 60,
            migrate_to: None,
            redirect_to: None,
        }
    }
}

impl FromFields for Evacuation {
    const WHAT: &'static str = "evacuation";
    const OPTIONS: &'static [&'static str] = &[
        "conn_evict_rate",
        "sess_evict_rate",
        "wait_health_check",
        "wait_takeover",
        "migrate_to",
        "redirect_to",
    ];

    fn take(fields: &mut Fields) -> Self {
        let default = Self::default();
        let rate =
            |fields: &mut Fields, name| fields.whole(name, 1, u32::MAX).and_then(EvictRate::new);
        Self {
            conn_evict_rate: rate(fields, "conn_evict_rate").unwrap_or(default.conn_evict_rate),
            sess_evict_rate: rate(fields, "sess_evict_rate").unwrap_or(default.sess_evict_rate),
            wait_health_check: fields.seconds("wait_health_check", MAX_WAIT_S),
            wait_takeover: fields
                .seconds("wait_takeover", MAX_WAIT_S)
                .unwrap_or(default.wait_takeover),
            migrate_to: fields.nodes("migrate_to"),
            redirect_to: fields.text("redirect_to", 1..=MAX_REDIRECT),
        }
    }
}

impl<'de> Deserialize<'de> for Evacuation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

/// Bytes that an MQTT 5 string may hold.
const MAX_REDIRECT: usize = 65_535;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_is_emqx_s_defaults() {
        let evacuation: Evacuation = serde_json::from_str("{}").unwrap();
        assert_eq!(evacuation, Evacuation::default());
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = serde_json::from_str::<Evacuation>(
            r#"{"conn_evict_rate":0,"migrate_to":[],"redirect_to":5,"foo":1}"#,
        )
        .unwrap_err()
        .to_string();
        for field in ["conn_evict_rate", "migrate_to", "redirect_to", "foo"] {
            assert!(text.contains(&format!("`{field}`")), "{field} not in {text}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let json = r#"{"conn_evict_rate":5,"sess_evict_rate":6,"wait_health_check":1,"wait_takeover":2,"migrate_to":["a@b"],"redirect_to":"h:1"}"#;
        let evacuation: Evacuation = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&evacuation).unwrap(), json);
    }
}
