//! The simulator and the forecast must agree: `tests/vectors/single.json` run through the HTTP API
//! in virtual time, with clients that are back at once.

#![cfg(test)]

use emqx_rebalance_core::{NodeName, Role, Timestamp};
use emqx_rebalance_sim::{
    ClusterConfig, LoadBalancer, NodeConfig, Policy, Reconnect, Release, VirtualCluster,
};
use http::Request;
use serde_json::Value;

#[test]
fn every_vector_ends_as_forecast() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/single.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        // EMQX 4 takes no wait of 0 s, which most vectors have.
        for release in Release::ALL.into_iter().filter(|r| !r.version().starts_with('4')) {
            check(case, release);
        }
    }
    assert!(!cases.is_empty());
    println!("{} vectors", cases.len());
}

fn check(case: &Value, release: Release) {
    let name = &case["name"];
    let expect = &case["expect"];
    let mut cluster = VirtualCluster::new(config(case, release)).unwrap();
    let first = case["nodes"][0]["node"].as_str().unwrap();
    let start = Request::post(format!("/api/v5/load_rebalance/{first}/start"))
        .header("content-type", "application/json")
        .body(case["strategy"].to_string().into_bytes())
        .unwrap();
    let started = cluster.send(0, start).unwrap().status() == 200;
    assert_eq!(started, expect["decision"] == "start", "{name}");
    if !started {
        assert_eq!(cluster.simulation().cluster.totals().evicted, 0, "{name}");
        return;
    }
    let begun = cluster.now();
    assert!(cluster.settle(Timestamp::from_ms(1_000_000_000)), "{name}");
    let seconds = cluster.now().ms_since(begun) / 1000;
    assert_eq!(seconds, expect["duration_s"].as_u64().unwrap(), "{name}");
    let totals = cluster.simulation().cluster.totals();
    assert_eq!(totals.evicted, expect["disconnects"].as_u64().unwrap(), "{name}");
    assert_eq!(totals.travelling, 0, "{name}");
    let (moved, expected) =
        (count(totals.sessions_moved), expect["sessions_moved"].as_f64().unwrap());
    assert!((moved - expected).abs() < 0.001, "{name}: {moved} sessions, not {expected}");
    check_nodes(case, &mut cluster);
}

fn check_nodes(case: &Value, cluster: &mut VirtualCluster) {
    let name = &case["name"];
    let expect = &case["expect"];
    let recipients = expect["recipients"].as_array().unwrap();
    let (mut at_recipients, mut expected_there) = (0, 0.0);
    for load in cluster.simulation().cluster.snapshot().unwrap().nodes() {
        let node = load.node.as_str();
        let connections = expect["final_connections"][node].as_u64().unwrap();
        assert!(load.connections.abs_diff(connections) <= 1, "{name}: {load:?}, not {connections}");
        let sessions = expect["final_disconnected_sessions"][node].as_f64().unwrap();
        // EMQX sends each session to a random recipient, and the vectors hold the mean.
        if recipients.iter().any(|recipient| recipient == node) {
            at_recipients += load.disconnected_sessions;
            expected_there += sessions;
        } else {
            assert!(
                (count(load.disconnected_sessions) - sessions).abs() < 0.001,
                "{name}: {load:?}"
            );
        }
    }
    // The vectors round each node to a thousandth.
    let rounding = 0.001 * count(recipients.len() as u64);
    let gap = (count(at_recipients) - expected_there).abs();
    assert!(gap <= rounding, "{name}: {at_recipients}, not {expected_there}");
}

fn config(case: &Value, release: Release) -> ClusterConfig {
    let node = |node: &Value| NodeConfig {
        name: NodeName::new(node["node"].as_str().unwrap()).unwrap(),
        role: Role::Core,
        clients: node["connections"].as_u64().unwrap(),
        disconnected_sessions: node["disconnected_sessions"].as_u64().unwrap(),
    };
    let mut config =
        ClusterConfig::new(case["nodes"].as_array().unwrap().iter().map(node).collect());
    config.personality = release;
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    config.reconnect = Reconnect::immediate();
    config
}

fn count(number: u64) -> f64 {
    u32::try_from(number).unwrap().into()
}
