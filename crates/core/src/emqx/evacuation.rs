//! How to empty one node: the options of EMQX's evacuation start call.

use crate::input::{nodes, options, seconds, text, whole};
use crate::node::NodeName;
use crate::units::{EvictRate, MAX_WAIT_S};
use serde::Serialize;

options! {
    /// EMQX's evacuation options under EMQX's names, every one resolved.
    ///
    /// Reads from an object in which any may be left out or `null`: the default is then EMQX's.
    /// All problems are reported at once. Source: EMQX `apps/emqx_node_rebalance`
    /// (`emqx_node_rebalance_api.erl`, `emqx_node_rebalance.hrl`), 5.1 to 6.x.
    #[derive(Clone, Debug, Eq, PartialEq, Serialize)]
    #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
    pub struct Evacuation("evacuation") {
        /// Clients that the node drops per tick of one second.
        pub conn_evict_rate: EvictRate = whole(1, u32::MAX).of("clients/s").or("500"),
        /// Sessions that the node moves per tick of one second.
        pub sess_evict_rate: EvictRate = whole(1, u32::MAX).of("sessions/s").or("500"),
        /// Seconds between the start and the first eviction, for load balancers to notice. Left out of
        /// the request if it is not given: EMQX before 5.1 has no such wait.
        pub wait_health_check: Option<u32> = seconds(MAX_WAIT_S).otherwise("EMQX's own, 60"),
        /// Seconds between the last connection evicted and the first session moved.
        pub wait_takeover: u32 = seconds(MAX_WAIT_S).or("60"),
        /// The nodes that get the sessions.
        pub migrate_to: Option<Vec<NodeName>> = nodes().otherwise("every other running node"),
        /// MQTT 5 server reference for the dropped clients, such as `host1:1883 host2:1883`.
        ///
        /// EMQX 4.4 honours it. EMQX 5 and 6 accept it over HTTP and ignore it.
        // Source: contract/5.3.2, 05.
        pub redirect_to: Option<String> = text(MAX_REDIRECT),
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
