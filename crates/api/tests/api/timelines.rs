//! The polls of the timelines: statuses, health checks and loads through whole runs.

use crate::recording::{names, recordings, response};
use emqx_rebalance_api::ApiVersion::V5;
use emqx_rebalance_core::{
    Availability, ErrorKind, EvacuationState, EvictionCounts, LocalStatus, NodeStatus, RunState,
};
use http::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the timelines hold, counted so that a test over nothing fails.
#[derive(Debug, Default)]
struct Seen {
    answers: usize,
    lost: usize,
    failed: usize,
    states: BTreeMap<String, usize>,
}

#[test]
fn every_poll_of_every_timeline_is_read() {
    let mut seen = Seen::default();
    for recording in recordings(|name| name.contains("timeline")) {
        for (i, row) in recording.rows.iter().enumerate() {
            let place = format!("{} row {i}", recording.name);
            for (key, value) in row.as_object().unwrap() {
                match key.as_str() {
                    "nodes" => check_nodes(&place, value),
                    node if node.contains('@') => check_node(&place, value, &mut seen),
                    _ => {}
                }
            }
        }
    }
    println!("{seen:?}");
    assert!(seen.answers > 5000, "{seen:?}");
    // Calls that hung, and the one availability check that answered 500 as its coordinator crashed.
    assert!(seen.lost > 0 && seen.failed > 0, "{seen:?}");
    for state in [
        "rebalance wait_health_check",
        "rebalance evicting_conns",
        "rebalance wait_takeover",
        "rebalance evicting_sessions",
        "evacuation waiting_health_check",
        "evacuation evicting_conns",
        "evacuation waiting_takeover",
        "evacuation evicting_sessions",
        "evacuation prohibiting",
        "closed",
        "serving",
    ] {
        assert!(seen.states.contains_key(state), "{state} not in {seen:?}");
    }
}

fn check_node(place: &str, polls: &Value, seen: &mut Seen) {
    for (endpoint, poll) in polls.as_object().unwrap() {
        let body = &poll["body"];
        let Some(response) = response(&poll["http"], body) else {
            seen.lost += 1;
            continue;
        };
        seen.answers += 1;
        let place = format!("{place} {endpoint} {body}");
        if response.status().as_u16() == 500 {
            seen.failed += 1;
            check_failure(&place, endpoint, &response);
            continue;
        }
        match endpoint.as_str() {
            "availability_check" => check_availability(&place, body, &response, seen),
            "status" => check_local(&place, body, &response),
            "global_status" => check_global(&place, body, &response, seen),
            other => panic!("{other} in {place}"),
        }
    }
}

fn check_failure(place: &str, endpoint: &str, response: &Response<Vec<u8>>) {
    let error = match endpoint {
        "availability_check" => V5.parse_availability_check(response).unwrap_err(),
        "status" => V5.parse_status(response).unwrap_err(),
        _ => V5.parse_global_status(response).unwrap_err(),
    };
    assert_eq!(error.kind(), ErrorKind::Protocol, "{place}");
    assert!(error.is_retryable());
}

fn check_availability(place: &str, body: &Value, response: &Response<Vec<u8>>, seen: &mut Seen) {
    let found = V5.parse_availability_check(response).unwrap_or_else(|e| panic!("{place}: {e}"));
    let (expected, word) = if body == &json!({}) {
        (Availability::Serving, "serving")
    } else {
        assert_eq!(body["code"], "NODE_EVACUATING", "{place}");
        (Availability::Closed, "closed")
    };
    assert_eq!(found, expected, "{place}");
    *seen.states.entry(word.to_owned()).or_default() += 1;
}

fn check_local(place: &str, body: &Value, response: &Response<Vec<u8>>) {
    let found = V5.parse_status(response).unwrap_or_else(|e| panic!("{place}: {e}"));
    match (&found, body["process"].as_str()) {
        (LocalStatus::Disabled, None) => assert_eq!(body, &json!({"status": "disabled"})),
        (LocalStatus::Rebalance(donor), Some("rebalance")) => {
            assert_eq!(donor.coordinator.as_str(), body["coordinator_node"], "{place}");
            assert_eq!(donor.state.as_str(), body["state"], "{place}");
            assert_eq!(json!(donor.recipients), body["recipients"], "{place}");
            check_counts(place, &donor.counts, &body["stats"]);
            assert!(donor.counts.current_disconnected_sessions.is_some(), "{place}");
        }
        (LocalStatus::Evacuation(evacuation), Some("evacuation")) => {
            assert_eq!(evacuation.node, None, "{place}");
            assert_eq!(evacuation.state.as_str(), body["state"], "{place}");
            check_counts(place, &evacuation.counts, &body["stats"]);
        }
        other => panic!("{other:?} from {place}"),
    }
}

fn check_counts(place: &str, counts: &EvictionCounts, stats: &Value) {
    assert_eq!(&json!(counts), stats, "{place}");
}

fn check_global(place: &str, body: &Value, response: &Response<Vec<u8>>, seen: &mut Seen) {
    let found = V5.parse_global_status(response).unwrap_or_else(|e| panic!("{place}: {e}"));
    assert_eq!(found.unreadable, [], "{place}");
    let (runs, evacuations) = (&body["rebalances"], &body["evacuations"]);
    assert_eq!(found.rebalances.len(), runs.as_array().unwrap().len(), "{place}");
    for (run, raw) in found.rebalances.iter().zip(runs.as_array().unwrap()) {
        assert_eq!(run.coordinator.as_str(), raw["coordinator_node"], "{place}");
        assert!(matches!(run.state, RunState::Phase(_)), "{place}");
        let mut expected = raw.clone();
        for (ours, emqx) in [
            ("coordinator", "coordinator_node"),
            ("conn_evict_rate", "connection_eviction_rate"),
            ("sess_evict_rate", "session_eviction_rate"),
        ] {
            expected[ours] = expected[emqx].take();
            expected.as_object_mut().unwrap().remove(emqx);
        }
        // How long EMQX's own calls may take is of no interest.
        for field in ["node", "connection_eviction_rpc_timeout", "session_eviction_rpc_timeout"] {
            expected.as_object_mut().unwrap().remove(field);
        }
        assert_eq!(json!(run), expected, "{place}");
        *seen.states.entry(format!("rebalance {}", run.state.as_str())).or_default() += 1;
    }
    assert_eq!(found.evacuations.len(), evacuations.as_array().unwrap().len(), "{place}");
    for (evacuation, raw) in found.evacuations.iter().zip(evacuations.as_array().unwrap()) {
        assert_eq!(evacuation.node.as_ref().unwrap().as_str(), raw["node"], "{place}");
        assert!(!matches!(evacuation.state, EvacuationState::Other(_)), "{place}");
        assert_eq!(evacuation.state.as_str(), raw["state"], "{place}");
        assert_eq!(json!(evacuation.recipients), json!(names(&raw["session_recipients"])));
        assert_eq!(json!(evacuation.conn_evict_rate), raw["connection_eviction_rate"]);
        assert_eq!(json!(evacuation.sess_evict_rate), raw["session_eviction_rate"]);
        check_counts(place, &evacuation.counts, &raw["stats"]);
        *seen.states.entry(format!("evacuation {}", evacuation.state.as_str())).or_default() += 1;
    }
}

/// The timelines keep four fields of each node.
fn check_nodes(place: &str, nodes: &Value) {
    if nodes.is_null() {
        return;
    }
    let response = Response::new(nodes.to_string().into_bytes());
    let found = V5.parse_nodes(&response).unwrap_or_else(|e| panic!("{place}: {e}"));
    assert_eq!(found.unreadable, [], "{place}");
    for (load, raw) in found.nodes.iter().zip(nodes.as_array().unwrap()) {
        assert_eq!(load.node.as_str(), raw["node"], "{place}");
        let stopped = raw["node_status"] == "stopped";
        assert_eq!(load.status == NodeStatus::Stopped, stopped, "{place}");
        assert_eq!(load.connections, raw["live_connections"].as_u64().unwrap_or(0), "{place}");
        assert_eq!(
            load.connections + load.disconnected_sessions,
            load.sessions,
            "sessions add up in {place}"
        );
    }
}
