//! Level plans: several runs at once, and more waves where chance deals unevenly.

use crate::config;
use emqx_rebalance_core::driver::{Driver, DriverOptions, Event, OutcomeKind};
use emqx_rebalance_core::{LoadBalancer as Balancer, Mode, Plan, PlanOptions, Strategy, plan};
use emqx_rebalance_sim::{
    Drive, Incident, LoadBalancer, Policy, Reconnect, Release, VirtualCluster,
};

struct Case {
    clients: &'static [u64],
    policy: Policy,
    balancer: Balancer,
}

const CASES: &[Case] = &[
    Case {
        clients: &[1000, 600, 0, 0, 0],
        policy: Policy::RoundRobin,
        balancer: Balancer::RoundRobin,
    },
    Case {
        clients: &[500, 400, 300, 200, 100],
        policy: Policy::RoundRobin,
        balancer: Balancer::RoundRobin,
    },
    Case {
        clients: &[30_000, 20_000, 10_000, 0],
        policy: Policy::RoundRobin,
        balancer: Balancer::RoundRobin,
    },
    Case {
        clients: &[9000, 3000, 0],
        policy: Policy::LeastConnections,
        balancer: Balancer::LeastConnections,
    },
    Case {
        clients: &[40_000, 40_000, 5_000, 0, 0],
        policy: Policy::LeastConnections,
        balancer: Balancer::LeastConnections,
    },
];

fn leveling(case: &Case, release: Release, seed: u64) -> (VirtualCluster, Plan) {
    let mut config = config(release, case.clients);
    config.seed = seed;
    config.load_balancer = LoadBalancer { policy: case.policy, ..LoadBalancer::default() };
    config.reconnect = Reconnect { min_ms: 50, max_ms: 500, ..Reconnect::default() };
    let mut cluster = VirtualCluster::new(config).unwrap();
    let rate = case.clients.iter().sum::<u64>() / 60;
    let strategy: Strategy = serde_json::from_str(&format!(
        r#"{{"conn_evict_rate":{},"wait_health_check":5,"wait_takeover":5}}"#,
        rate.max(10)
    ))
    .unwrap();
    let options = PlanOptions {
        mode: Mode::Level,
        load_balancer: Some(case.balancer),
        reconnect_delay_s: Some(0.275),
        ..PlanOptions::default()
    };
    let snapshot = cluster.simulation().cluster.snapshot().unwrap();
    let plan = plan(&snapshot, &strategy, &options).unwrap();
    (cluster, plan)
}

fn waves(drive: &Drive) -> usize {
    1 + drive.events.iter().filter(|(_, e)| matches!(e, Event::NextWave { .. })).count()
}

#[test]
fn ends_where_and_when_the_forecast_says() {
    for case in CASES {
        for release in [Release::V5_3, Release::V5_8] {
            let (mut cluster, plan) = leveling(case, release, 1);
            let (mut worst, mut last_phase_s) = (0.0_f64, 0);
            let forecast = plan.forecast.clone();
            let runs = plan.runs.len();
            let options: DriverOptions = serde_json::from_str(r#"{"max_waves":1}"#).unwrap();
            let driver = Driver::new(plan, options, false).unwrap();
            let begun = cluster.now();
            let drive = cluster
                .drive_with(driver, |cluster, _, _| {
                    if cluster.simulation().cluster.is_busy() {
                        last_phase_s = cluster.now().ms_since(begun) / 1000 + 1;
                    }
                    Incident::None
                })
                .unwrap();
            assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{:?}", drive.outcome);
            let has_drifted = drive.events.iter().any(|(_, e)| matches!(e, Event::Drifted { .. }));
            assert!(!has_drifted, "{:?}: {:?}", case.clients, drive.events);
            cluster.advance_ms(5_000);
            let mean = float(case.clients.iter().sum()) / float(case.clients.len() as u64);
            for end in &forecast.end {
                let place = cluster.simulation().cluster.find(end.node.as_str()).unwrap();
                let ended = cluster.simulation().cluster.counts(place).connected;
                worst = worst.max(float(ended.abs_diff(end.connections)) / mean);
            }
            let took = last_phase_s.abs_diff(forecast.duration_s);
            println!(
                "{:?} {release:?}: {runs} runs, worst node {:.2} % off, {last_phase_s} s of {} s",
                case.clients,
                worst * 100.0,
                forecast.duration_s
            );
            let told = format!("{:?} {release:?}", case.clients);
            assert!(worst <= 0.01, "{told}: {:.2} % of the mean off", worst * 100.0);
            let allowed = (float(forecast.duration_s) * 0.03).max(1.0);
            assert!(
                float(took) <= allowed,
                "{told}: {last_phase_s} s, not {}",
                forecast.duration_s
            );
        }
    }
}

#[test]
fn a_random_balancer_takes_up_to_three_waves() {
    let case =
        Case { clients: &[1000, 600, 0, 0, 0], policy: Policy::Random, balancer: Balancer::Random };
    let mut most = 0;
    for seed in 1..=5 {
        let (mut cluster, plan) = leveling(&case, Release::V5_8, seed);
        let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        let drive = cluster.drive(driver).unwrap();
        assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{seed}: {:?}", drive.outcome);
        let over = drive.outcome.balance.unwrap().over;
        println!("seed {seed}: {} waves, {:.2} % over the mean", waves(&drive), over * 100.0);
        assert!(waves(&drive) <= 3 && over < 0.06, "seed {seed}: {over}");
        most = most.max(waves(&drive));
    }
    assert!(most >= 2, "no run needed a second wave");
}

#[test]
fn what_somebody_else_stops_is_not_started_again() {
    for after_s in [2, 20] {
        let (mut cluster, plan) = leveling(&CASES[0], Release::V5_8, 1);
        let coordinators: Vec<_> = plan.runs.iter().map(|run| run.coordinator.clone()).collect();
        let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        let mut is_stopped = false;
        let drive = cluster
            .drive_with(driver, |cluster, _, _| {
                let is_due = cluster.now().as_ms() > after_s * 1000;
                if is_due && !std::mem::replace(&mut is_stopped, is_due) {
                    for coordinator in &coordinators {
                        let path = format!("/api/v5/load_rebalance/{coordinator}/stop");
                        let stop = http::Request::post(path).body(Vec::new()).unwrap();
                        assert_eq!(cluster.send(0, stop).unwrap().status(), 200);
                    }
                }
                Incident::None
            })
            .unwrap();
        assert_eq!(drive.outcome.result, OutcomeKind::Vanished, "{:?}", drive.outcome);
        assert!(drive.outcome.detail.contains("stopped by somebody"), "{}", drive.outcome.detail);
        assert_eq!(waves(&drive), 1);
        assert!(!cluster.simulation().cluster.is_busy());
    }
}

#[test]
fn a_level_plan_survives_the_death_of_its_driver_at_any_step() {
    let mut steps = 60;
    let mut at = 1;
    while at < steps {
        let (mut cluster, plan) = leveling(&CASES[0], Release::V5_8, 1);
        let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        let mut step = 0;
        let drive = cluster
            .drive_with(driver, |_, _, _| {
                step += 1;
                if step == at { Incident::DiesAfterSending } else { Incident::None }
            })
            .unwrap();
        assert_eq!(drive.outcome.result, OutcomeKind::Completed, "at {at}: {:?}", drive.outcome);
        steps = step;
        at += 1;
    }
}

fn float(number: u64) -> f64 {
    u32::try_from(number).unwrap().into()
}
