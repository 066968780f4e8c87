//! No level plan starts that leaves the fullest node as full as it is, or fuller.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use emqx_rebalance_core::driver::{Driver, DriverOptions};
use emqx_rebalance_core::{
    Decision, ErrorKind, FindingCode, LoadBalancer, Mode, NodeLoad, NodeName, Plan, PlanOptions,
    Severity, Snapshot, Strategy, plan,
};
use emqx_rebalance_testkit::cases::cases;
use proptest::prelude::*;

/// Plans levelling nodes of so many clients and such a weight each.
fn level(loads: &[(u64, f64)], rate: u32, options: PlanOptions) -> Plan {
    let node = |(i, (clients, weight)): (usize, &(u64, f64))| {
        let name = NodeName::new(format!("emqx@n{i:02}")).unwrap();
        NodeLoad { weight: Some(*weight), ..NodeLoad::new(name, *clients) }
    };
    let snapshot = Snapshot::new(loads.iter().enumerate().map(node).collect()).unwrap();
    let strategy: Strategy =
        serde_json::from_str(&format!(r#"{{"conn_evict_rate":{rate}}}"#)).unwrap();
    let options = PlanOptions { mode: Mode::Level, ..options };
    plan(&snapshot, &strategy, &options).unwrap()
}

fn round_robin() -> PlanOptions {
    PlanOptions { load_balancer: Some(LoadBalancer::RoundRobin), ..PlanOptions::default() }
}

#[test]
fn a_cluster_that_every_run_worsens_is_left_alone() {
    let made = level(&[(1000, 0.5), (500, 0.25), (500, 0.5)], 30, round_robin());
    assert_eq!(made.decision, Decision::NothingToBalance);
    assert!(made.runs.is_empty() && made.waves.is_empty());
    assert_eq!(made.balance.after, made.balance.before);
    let reason = made.reason.unwrap();
    assert!(reason.contains("25.00 % over the mean and would end"), "{reason}");
}

fn one_at_a_time() -> Plan {
    let loads = [1000, 500, 1, 995, 64].map(|clients| (clients, 1.0));
    level(&loads, 1000, PlanOptions { max_unavailable: Some(1), ..round_robin() })
}

#[test]
fn a_first_wave_that_makes_matters_worse_is_said_beforehand() {
    let made = one_at_a_time();
    assert_eq!(made.decision, Decision::Start);
    assert!(made.balance.after.over > made.balance.before.over, "{:?}", made.balance);
    let said = made.findings.iter().find(|f| f.code == FindingCode::FullerAtFirst).unwrap();
    assert_eq!(said.severity, Severity::Warning);
    assert!(said.message.contains("wave 2"), "{}", said.message);
    assert!(said.message.contains("max_unavailable (1)"), "{}", said.message);
}

#[test]
fn it_starts_only_if_a_later_wave_may_follow() {
    let waves = |max_waves| DriverOptions { max_waves, ..DriverOptions::default() };
    let error = Driver::new(one_at_a_time(), waves(1), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context()["max_waves"], "1");
    for (max_waves, force) in [(2, false), (1, true)] {
        Driver::new(one_at_a_time(), waves(max_waves), force).unwrap();
    }
}

prop_compose! {
    fn clusters()(
        loads in prop::collection::vec(
            (
                prop_oneof![Just(0u64), 0u64..50, 0u64..5_000, 0u64..2_000_000],
                prop_oneof![Just(1.0), Just(0.5), Just(2.0), 0.1f64..10.0],
            ),
            1..20,
        ),
        rate in 1u32..5_000,
        balancer in 0usize..4,
        max_unavailable in prop::option::of(1u32..4),
    ) -> (Vec<(u64, f64)>, u32, PlanOptions) {
        let load_balancer = LoadBalancer::ALL.get(balancer).copied();
        (loads, rate, PlanOptions { load_balancer, max_unavailable, ..PlanOptions::default() })
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_last_wave_leaves_less_than_there_is((loads, rate, options) in clusters()) {
        let made = level(&loads, rate, options);
        let before = made.balance.before.over;
        match made.decision {
            Decision::Start => {
                prop_assert!(made.waves.last().unwrap().over < before, "{before}: {:?}", made.waves);
                let warned =
                    made.findings.iter().any(|f| f.code == FindingCode::FullerAtFirst);
                prop_assert_eq!(warned, made.balance.after.over > before);
            }
            Decision::NothingToBalance => {
                prop_assert_eq!(made.balance.after, made.balance.before);
            },
        }
    }
}

#[test]
fn donors_are_closed_in_groups_where_few_may_be() {
    let full = [40_000; 7].iter().map(|clients| (*clients, 1.0));
    let loads: Vec<(u64, f64)> = full.chain([(0, 1.0); 11]).collect();
    let options = PlanOptions { max_unavailable: Some(2), ..round_robin() };
    let made = level(&loads, 500, options);
    assert_eq!((made.decision, made.groups), (Decision::Start, 4), "{:?}", made.reason);
    assert!(made.runs.len() <= 2, "{} runs", made.runs.len());
    let overs: Vec<f64> = made.waves.iter().map(|wave| wave.over).collect();
    assert!(overs.len() >= 4 && *overs.last().unwrap() < 0.01, "{:?}", made.waves);
    let said = made.findings.iter().find(|f| f.code == FindingCode::DonorGroups).unwrap();
    assert!(said.message.contains("max_unavailable 2") && said.message.contains("4 groups"));
    Driver::new(made, DriverOptions::default(), false).unwrap();
}
