//! Level plans, judged client by client by a simulation of EMQX's rules that reads only their runs.

#![expect(clippy::cast_precision_loss, clippy::unwrap_used, reason = "a panic is a failed test")]

mod driven;
#[path = "../judge/mod.rs"]
mod judge;

use emqx_rebalance_core::{
    Decision, FindingCode, LoadBalancer, Mode, NodeLoad, NodeName, Plan, PlanOptions, Snapshot,
    Strategy, plan,
};
use emqx_rebalance_testkit::cases::cases;
use judge::clusters::Around;
use judge::{Deal, Fleet, Look, Tally, World, clusters};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn several_runs_end_far_closer_than_emqx_s_own() {
    let (mut own, mut several) = (Tally::new(), Tally::new());
    for seed in 6_000..6_040 {
        let case = clusters::case(seed, (1e4, 1e5));
        own.add(&case.single(Around::prompt(Deal::RoundRobin, Look::Anywhere)), &case);
        for verdict in case.level(Around::prompt(Deal::RoundRobin, Look::Anywhere), 1) {
            several.add(&verdict, &case);
        }
    }
    assert!(own.over(0.5) > 0.2, "EMQX alone {own}");
    assert!(several.over(0.5) < 0.01 && several.over(0.9) < 0.04, "{several}");
}

fn judged(deal: Deal, look: Look, clusters: u64) -> Vec<Tally> {
    let mut waves = vec![Tally::new(); 3];
    for seed in 5_000..5_000 + clusters {
        let case = clusters::case(seed, (1e4, 2e5));
        for (tally, after) in waves.iter_mut().zip(case.level(Around::prompt(deal, look), 3)) {
            tally.add(&after, &case);
        }
    }
    waves
}

fn assert_cheap(tally: &Tally) {
    assert_eq!(tally.refused(), 0);
    assert!(tally.disconnects(0.5) <= 1.02, "{tally}");
    assert!(tally.disconnects(0.9) <= 1.05, "{tally}");
    assert!(tally.time(0.5) <= 1.10, "{tally}");
}

#[test]
fn behind_round_robin_one_wave_ends_level() {
    let waves = judged(Deal::RoundRobin, Look::OnTheSecond, 60);
    assert!(waves[0].over(0.5) <= 0.005, "{}", waves[0]);
    assert!(waves[0].over(0.9) <= 0.010, "{}", waves[0]);
    assert!(waves[2].over(0.5) <= 0.0025 && waves[2].over(0.9) <= 0.0075, "{}", waves[2]);
    assert_cheap(&waves[0]);
}

#[test]
fn whenever_the_balancer_looks_one_wave_ends_level() {
    let waves = judged(Deal::RoundRobin, Look::Anywhere, 60);
    assert!(waves[0].over(0.5) <= 0.005 && waves[0].over(0.9) <= 0.012, "{}", waves[0]);
    assert!(waves[2].over(0.5) <= 0.0025 && waves[2].over(0.9) <= 0.0075, "{}", waves[2]);
    assert_cheap(&waves[0]);
}

#[test]
fn behind_least_connections_one_wave_ends_level() {
    let waves = judged(Deal::LeastConnections, Look::OnTheSecond, 60);
    assert!(waves[0].over(0.5) <= 0.002, "{}", waves[0]);
    assert!(waves[0].over(0.9) <= 0.005, "{}", waves[0]);
    assert_cheap(&waves[0]);
}

#[test]
fn behind_a_random_balancer_waves_take_out_the_noise() {
    let waves = judged(Deal::Random, Look::OnTheSecond, 60);
    assert!(waves[0].over(0.5) <= 0.03, "{}", waves[0]);
    assert!(waves[2].over(0.5) <= 0.005 && waves[2].over(0.9) <= 0.010, "{}", waves[2]);
    assert_cheap(&waves[0]);
}

#[test]
fn the_recorded_clusters_end_level() {
    for counts in [
        vec![1000, 600, 0, 0, 0],
        vec![500, 400, 300, 200, 100],
        vec![2500, 1500, 900, 100, 0],
        vec![2000, 1600, 1200, 800, 400],
    ] {
        let strategy = serde_json::from_str(
            r#"{"conn_evict_rate":30,"wait_health_check":3,"wait_takeover":2,
                "abs_conn_threshold":1,"rel_conn_threshold":1.0001}"#,
        )
        .unwrap();
        let nodes: Vec<NodeName> = (11..16).map(name).collect();
        let made = level(&snapshot(&counts), &strategy, Some(LoadBalancer::RoundRobin));
        let world = World {
            deal: Deal::RoundRobin,
            look: Look::OnTheSecond,
            fleet: Fleet::PROMPT,
            seed: 1,
        };
        let verdict = judge::judge(&nodes, &counts, &made.runs, world);
        assert!(verdict.over() <= 0.02, "{counts:?} -> {:?}", verdict.counts);
    }
}

fn name(i: u64) -> NodeName {
    NodeName::new(format!("emqx{i}@127.0.0.1")).unwrap()
}

fn snapshot(counts: &[u64]) -> Snapshot {
    let loads = (11..).zip(counts).map(|(i, count)| NodeLoad::new(name(i), *count));
    Snapshot::new(loads.collect()).unwrap()
}

fn level(snapshot: &Snapshot, strategy: &Strategy, balancer: Option<LoadBalancer>) -> Plan {
    let options =
        PlanOptions { mode: Mode::Level, load_balancer: balancer, ..PlanOptions::default() };
    plan(snapshot, strategy, &options).unwrap()
}

#[test]
fn a_level_cluster_is_left_alone() {
    let made = level(&snapshot(&[100, 100, 100]), &Strategy::default(), None);
    assert_eq!(made.decision, Decision::NothingToBalance);
    assert!(made.runs.is_empty() && made.reason.is_some());
}

fn with(counts: &[u64], options: PlanOptions) -> Plan {
    let strategy = serde_json::from_str(
        r#"{"conn_evict_rate":500,"wait_health_check":10,"wait_takeover":10}"#,
    )
    .unwrap();
    let options = PlanOptions { mode: Mode::Level, ..options };
    plan(&snapshot(counts), &strategy, &options).unwrap()
}

const SKEWED: [u64; 8] = [50_000, 30_000, 9_000, 4_000, 1_000, 0, 200, 12_000];

#[test]
fn limits_on_reconnects_slow_the_plan_down() {
    let round_robin = Some(LoadBalancer::RoundRobin);
    let free = with(&SKEWED, PlanOptions { load_balancer: round_robin, ..PlanOptions::default() });
    for options in [
        PlanOptions { max_cluster_reconnect_rate: Some(400.0), ..PlanOptions::default() },
        PlanOptions { max_reconnect_rate: Some(200.0), ..PlanOptions::default() },
    ] {
        let made = with(&SKEWED, PlanOptions { load_balancer: round_robin, ..options });
        assert!(made.forecast.duration_s > free.forecast.duration_s * 5 / 4);
        assert!(made.balance.after.over < 0.01, "{:?}", made.balance.after);
        assert_eq!(made.errors().count(), 0, "{:?}", made.findings);
    }
}

#[test]
fn no_more_nodes_close_than_allowed() {
    for most in 1..6 {
        let options = PlanOptions { max_unavailable: Some(most), ..PlanOptions::default() };
        let made = with(&SKEWED, options);
        let closed = made.moves.iter().filter(|one| one.closes_at_s.is_some()).count();
        assert!(closed > 0 && closed <= most as usize, "{most}: {closed}");
    }
}

#[test]
fn a_plan_that_cannot_end_in_time_says_so() {
    let made = with(&SKEWED, PlanOptions { max_duration_s: Some(60), ..PlanOptions::default() });
    assert!(made.errors().any(|finding| finding.code == FindingCode::TooLong));
}

#[test]
fn what_goes_to_excluded_nodes_is_reckoned_with() {
    for balancer in [LoadBalancer::RoundRobin, LoadBalancer::LeastConnections] {
        let options = PlanOptions {
            exclude: vec![name(15)],
            load_balancer: Some(balancer),
            ..PlanOptions::default()
        };
        let made = with(&SKEWED, options);
        assert!(made.balance.after.over < 0.005, "{:?}", made.balance.after);
        assert!(made.runs.iter().all(|run| !run.nodes.contains(&name(15))));
        assert!(made.forecast.end[4].connections > 12_000);
    }
}

#[test]
fn an_unknown_balancer_gets_a_plan_for_all_and_the_difference() {
    let made = with(&SKEWED, PlanOptions::default());
    assert_eq!(made.behind.len(), 3);
    let over = |kind| made.behind.iter().find(|one| one.load_balancer == kind).unwrap().over;
    assert!(over(LoadBalancer::RoundRobin) < 0.005 && over(LoadBalancer::LeastConnections) < 0.005);
    assert!(over(LoadBalancer::Random) < 0.03);
    assert!(made.findings.iter().any(|f| f.code == FindingCode::LoadBalancerUnknown));
}

#[test]
fn weighted_nodes_end_level_per_weight() {
    let counts = [40_000, 10_000, 10_000, 0];
    let mut nodes = snapshot(&counts).nodes().to_vec();
    for (load, weight) in nodes.iter_mut().zip([2.0, 1.0, 1.0, 2.0]) {
        load.weight = Some(weight);
    }
    let options = PlanOptions {
        mode: Mode::Level,
        load_balancer: Some(LoadBalancer::RoundRobin),
        ..PlanOptions::default()
    };
    let strategy: Strategy = serde_json::from_str(r#"{"conn_evict_rate":200}"#).unwrap();
    let made = plan(&Snapshot::new(nodes).unwrap(), &strategy, &options).unwrap();
    assert!(made.balance.after.over < 0.005, "{:?}", made.moves);
}

#[test]
fn bad_options_are_named_all_at_once() {
    let options = PlanOptions {
        mode: Mode::Level,
        reconnect_delay_s: Some(-1.0),
        target_over: Some(f64::NAN),
        max_unavailable: Some(0),
        ..PlanOptions::default()
    };
    let error = plan(&snapshot(&[5, 1]), &Strategy::default(), &options).unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
}

#[test]
fn one_run_is_used_where_several_gain_nothing() {
    let strategy: Strategy =
        serde_json::from_str(r#"{"abs_conn_threshold":1,"rel_conn_threshold":1.0001}"#).unwrap();
    let made = level(&snapshot(&[30_000, 0]), &strategy, Some(LoadBalancer::RoundRobin));
    assert_eq!(made.runs.len(), 1);
}

prop_compose! {
    fn loads()(counts in prop::collection::vec(
        prop_oneof![Just(0u64), 0u64..50, 0u64..5_000, 0u64..2_000_000], 1..20,
    ), rate in 1u32..5_000, health in 0u32..20, takeover in 0u32..20, balancer in 0usize..4)
        -> (Vec<u64>, Strategy, Option<LoadBalancer>) {
        let json = format!(
            r#"{{"conn_evict_rate":{rate},"wait_health_check":{health},"wait_takeover":{takeover}}}"#
        );
        let balancer = LoadBalancer::ALL.get(balancer).copied();
        (counts, serde_json::from_str(&json).unwrap(), balancer)
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn plans_are_well_formed((counts, strategy, balancer) in loads()) {
        let snapshot = snapshot(&counts);
        let made = level(&snapshot, &strategy, balancer);
        let mut closed: BTreeSet<NodeName> = BTreeSet::new();
        for run in &made.runs {
            prop_assert!(run.nodes.iter().all(|node| snapshot.node(node).is_some()));
            prop_assert!(run.nodes.iter().all(|node| !closed.contains(node)), "named when closed");
            prop_assert!(run.strategy.conn_evict_rate <= strategy.conn_evict_rate);
            prop_assert!(run.strategy.wait_health_check <= strategy.wait_health_check);
            let load = |node: &NodeName| snapshot.node(node).unwrap().connections as f64;
            let mean = run.nodes.iter().map(load).sum::<f64>() / run.nodes.len() as f64;
            prop_assert!(run.donors.iter().all(|node| load(node) >= mean));
            prop_assert!(run.recipients.iter().all(|node| load(node) < mean));
            closed.extend(run.donors.iter().cloned());
        }
        let end: u64 = made.forecast.end.iter().map(|end| end.connections).sum();
        prop_assert_eq!(end, counts.iter().sum::<u64>(), "clients are lost or made up");
        prop_assert!(made.balance.after.over <= made.balance.before.over + 1e-9);
        let left = made.moves.iter().map(|one| one.leave).sum::<u64>();
        prop_assert!(made.moves.is_empty() || left == made.forecast.disconnects);
    }

    #[test]
    fn the_order_of_the_nodes_does_not_matter((counts, strategy, balancer) in loads()) {
        let there = snapshot(&counts);
        let mut nodes = there.nodes().to_vec();
        nodes.reverse();
        let back = Snapshot::new(nodes).unwrap();
        let (a, b) = (level(&there, &strategy, balancer), level(&back, &strategy, balancer));
        prop_assert_eq!(a.decision, b.decision);
        if a.runs.len() != 1 {
            prop_assert_eq!(a.runs, b.runs);
        }
        prop_assert_eq!(a.moves.len(), b.moves.len());
    }
}

/// Known fleets, judged client by client.
fn known(fleet: Fleet, deal: Deal) -> Tally {
    let around = Around { fleet, told: Some(fleet), ..Around::prompt(deal, Look::Anywhere) };
    let mut tally = Tally::new();
    for seed in 7_000..7_030 {
        let case = clusters::case(seed, (2e4, 1e5));
        for verdict in case.level(around, 1) {
            tally.add(&verdict, &case);
        }
    }
    tally
}

#[test]
fn a_fleet_whose_profile_is_known_ends_level() {
    for fleet in Fleet::ALL {
        let tally = known(fleet, Deal::RoundRobin);
        let name = fleet.name;
        assert!(tally.over(0.5) <= 0.007 && tally.over(0.9) <= 0.020, "{name}: {tally}");
        let dear = tally.disconnects(0.5) > 1.03 || tally.disconnects(0.9) > 1.06;
        assert!(!dear && tally.refused() == 0, "{name}: {tally}");
    }
}

#[test]
fn least_connections_needs_only_the_right_pace() {
    for fleet in Fleet::ALL {
        let tally = known(fleet, Deal::LeastConnections);
        let is_level = tally.over(0.5) <= 0.003 && tally.over(0.9) <= 0.008;
        assert!(is_level && tally.disconnects(0.9) <= 1.03, "{}: {tally}", fleet.name);
    }
}
