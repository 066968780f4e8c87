//! Forecasts of single runs against the plainest reading of EMQX's rules, one tick at a time.
#![cfg(test)]
#![expect(clippy::cast_precision_loss, reason = "counts in tests are small")]

use emqx_rebalance_core::{
    Decision, NodeLoad, NodeName, Plan, PlanOptions, Snapshot, Strategy, plan,
};
use emqx_rebalance_testkit::cases::cases;
use proptest::prelude::{Just, prop_assert, prop_assert_eq, prop_oneof, proptest};
// EMQX has a strategy too.
use proptest::strategy::Strategy as Generator;

fn snapshot(counts: &[(u64, u64)]) -> Snapshot {
    let node = |(i, (connections, away)): (usize, &(u64, u64))| NodeLoad {
        sessions: connections + away,
        disconnected_sessions: *away,
        ..NodeLoad::new(NodeName::new(format!("emqx@n{i}")).unwrap(), *connections)
    };
    Snapshot::new(counts.iter().enumerate().map(node).collect()).unwrap()
}

fn clusters() -> impl Generator<Value = Vec<(u64, u64)>> {
    let count = prop_oneof![Just(0), 0..50u64, 0..20_000u64];
    proptest::collection::vec((count, prop_oneof![Just(0), 0..2_000u64]), 1..12)
}

fn strategies() -> impl Generator<Value = Strategy> {
    let rate = || prop_oneof![1..20u32, 1..2_000u32];
    let abs = || prop_oneof![Just(1u32), 1..2_000u32];
    let rel = || prop_oneof![Just(1.0001), 1.001..1.5f64];
    (rate(), rate(), 0..90u32, 0..90u32, abs(), rel(), abs(), rel()).prop_map(|o| {
        let json = format!(
            r#"{{"conn_evict_rate":{},"sess_evict_rate":{},"wait_health_check":{},
                "wait_takeover":{},"abs_conn_threshold":{},"rel_conn_threshold":{},
                "abs_sess_threshold":{},"rel_sess_threshold":{}}}"#,
            o.0, o.1, o.2, o.3, o.4, o.5, o.6, o.7
        );
        serde_json::from_str(&json).unwrap()
    })
}

fn mean(counts: &[u64], nodes: &[usize]) -> f64 {
    nodes.iter().map(|i| counts[*i]).sum::<u64>() as f64 / nodes.len() as f64
}

/// Ticks, disconnects and final connections, one client of the round robin at a time.
fn tick_by_tick(counts: &[(u64, u64)], strategy: &Strategy) -> (u64, u64, Vec<u64>) {
    let mut conns: Vec<u64> = counts.iter().map(|(connections, _)| *connections).collect();
    let average = conns.iter().sum::<u64>() as f64 / conns.len() as f64;
    let (donors, recipients): (Vec<usize>, Vec<usize>) =
        (0..conns.len()).partition(|i| conns[*i] as f64 >= average);
    let (mut ticks, mut disconnects, mut turn) = (0, 0, 0);
    while !strategy.conns_within(mean(&conns, &donors), mean(&conns, &recipients)) {
        let goal = mean(&conns, &recipients);
        let mut dropped = 0;
        for i in donors.iter().filter(|i| conns[**i] as f64 > goal).copied().collect::<Vec<_>>() {
            let lost = conns[i].min(strategy.conn_evict_rate.get().into());
            conns[i] -= lost;
            dropped += lost;
        }
        for _ in 0..dropped {
            conns[recipients[turn]] += 1;
            turn = (turn + 1) % recipients.len();
        }
        disconnects += dropped;
        ticks += 1;
    }
    (ticks, disconnects, conns)
}

fn planned(counts: &[(u64, u64)], strategy: &Strategy) -> Plan {
    plan(&snapshot(counts), strategy, &PlanOptions::default()).unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn leaping_is_the_same_as_ticking(counts in clusters(), strategy in strategies()) {
        let plan = planned(&counts, &strategy);
        if plan.decision == Decision::Start {
            let (ticks, disconnects, conns) = tick_by_tick(&counts, &strategy);
            prop_assert_eq!(plan.forecast.conn_evict_s, ticks);
            prop_assert_eq!(plan.forecast.disconnects, disconnects);
            let ends: Vec<u64> = plan.forecast.end.iter().map(|end| end.connections).collect();
            prop_assert_eq!(ends, conns);
        }
    }

    #[test]
    fn nothing_is_lost_or_made(counts in clusters(), strategy in strategies()) {
        let plan = planned(&counts, &strategy);
        let before: u64 = counts.iter().map(|(connections, _)| connections).sum();
        let away: u64 = counts.iter().map(|(_, away)| away).sum();
        for (k, time) in plan.forecast.curve.times_s.iter().enumerate() {
            let curves = &plan.forecast.curve.nodes;
            prop_assert_eq!(curves.iter().map(|n| n.connections[k]).sum::<u64>(), before);
            let sessions: f64 = curves.iter().map(|n| n.disconnected_sessions[k]).sum();
            prop_assert!((sessions - away as f64).abs() < 0.001, "at {} s", time);
        }
    }

    #[test]
    fn a_decision_and_its_reason_go_together(counts in clusters(), strategy in strategies()) {
        let plan = planned(&counts, &strategy);
        let idle = plan.decision == Decision::NothingToBalance;
        prop_assert_eq!(plan.reason.is_some(), idle);
        prop_assert_eq!(plan.runs.is_empty(), idle);
        let back: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        prop_assert_eq!(back, plan);
    }

    #[test]
    fn arbitrary_text_is_an_error_and_not_a_panic(text in "\\PC{0,200}") {
        let _ = serde_json::from_str::<Snapshot>(&text);
        let _ = serde_json::from_str::<Strategy>(&text);
        let _ = serde_json::from_str::<PlanOptions>(&text);
    }
}

#[test]
fn the_curve_of_a_large_cluster_is_thinned() {
    let strategy: Strategy = serde_json::from_str(
        r#"{"conn_evict_rate":100,"abs_conn_threshold":1,"rel_conn_threshold":1.0001}"#,
    )
    .unwrap();
    let counts: Vec<(u64, u64)> = (0..1000).map(|i| (i * 1000, 0)).collect();
    let plan = planned(&counts, &strategy);
    let curve = &plan.forecast.curve;
    assert!((100..=200).contains(&curve.times_s.len()), "{}", curve.times_s.len());
    assert_eq!(curve.times_s.last(), Some(&plan.forecast.duration_s));
    for (node, end) in curve.nodes.iter().zip(&plan.forecast.end) {
        assert_eq!(node.connections.last(), Some(&end.connections));
    }
}
