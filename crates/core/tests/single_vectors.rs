//! Every case of tests/vectors/single.json, which an independent program made.
#![cfg(test)]

use emqx_rebalance_core::{Decision, NodeLoad, Plan, PlanOptions, Snapshot, Strategy, plan};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    nodes: Vec<NodeLoad>,
    strategy: Strategy,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    donors: Vec<String>,
    recipients: Vec<String>,
    decision: Decision,
    conn_evict_ticks: Option<u64>,
    disconnects: Option<u64>,
    final_connections: Option<BTreeMap<String, u64>>,
    sess_evict_ticks: Option<u64>,
    sessions_moved: Option<f64>,
    final_disconnected_sessions: Option<BTreeMap<String, f64>>,
    duration_s: Option<u64>,
}

#[test]
fn every_case_of_the_single_mode_is_reproduced() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/single.json");
    let vectors: Vectors = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!vectors.cases.is_empty(), "no vectors found");
    for case in &vectors.cases {
        check(case);
    }
    println!("{} vectors", vectors.cases.len());
}

fn check(case: &Case) {
    let Case { name, nodes, strategy, expect } = case;
    let snapshot = Snapshot::new(nodes.clone()).unwrap();
    let plan = plan(&snapshot, strategy, &PlanOptions::default()).unwrap();
    assert_eq!(plan.decision, expect.decision, "{name}");
    assert_eq!(names(&plan.donors), expect.donors, "{name}");
    assert_eq!(names(&plan.recipients), expect.recipients, "{name}");
    assert_eq!(plan.reason.is_some(), plan.decision == Decision::NothingToBalance, "{name}");
    if plan.decision == Decision::Start {
        check_forecast(name, &plan, expect);
    }
}

fn check_forecast(name: &str, plan: &Plan, expect: &Expect) {
    let forecast = &plan.forecast;
    assert_eq!(Some(forecast.conn_evict_s), expect.conn_evict_ticks, "{name}");
    assert_eq!(Some(forecast.disconnects), expect.disconnects, "{name}");
    assert_eq!(Some(forecast.sess_evict_s), expect.sess_evict_ticks, "{name}");
    assert_eq!(Some(forecast.duration_s), expect.duration_s, "{name}");
    let moved = expect.sessions_moved.unwrap();
    assert!((forecast.sessions_moved - moved).abs() < 1e-9, "{name}");
    for end in &forecast.end {
        let connections = expect.final_connections.as_ref().unwrap()[end.node.as_str()];
        assert_eq!(end.connections, connections, "{name}: {}", end.node);
        let sessions = expect.final_disconnected_sessions.as_ref().unwrap()[end.node.as_str()];
        let off = (end.disconnected_sessions - sessions).abs();
        assert!(off < 0.001, "{name}: {} off by {off}", end.node);
    }
}

fn names(nodes: &[emqx_rebalance_core::NodeName]) -> Vec<&str> {
    nodes.iter().map(|node| node.as_str()).collect()
}
