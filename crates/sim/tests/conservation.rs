//! Clients and sessions are never made or lost by a rebalance.

#![cfg(test)]

use emqx_rebalance_core::{ReconnectProfile, Snapshot};
use emqx_rebalance_sim::{
    ClusterConfig, Drift, LoadBalancer, Policy, Reconnect, Release, Totals, VirtualCluster,
};
use emqx_rebalance_testkit::cases::cases;
use http::Request;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Deed {
    Start { coordinator: usize, rate: u32 },
    Stop(usize),
    Evacuate(usize),
    StopEvacuation(usize),
    Kill(usize),
    Restart(usize),
}

fn deeds() -> impl Strategy<Value = Vec<(u64, Deed)>> {
    let node = 0..5_usize;
    let deed = prop_oneof![
        3 => (node.clone(), 1..300_u32)
            .prop_map(|(coordinator, rate)| Deed::Start { coordinator, rate }),
        1 => node.clone().prop_map(Deed::Stop),
        1 => node.clone().prop_map(Deed::Evacuate),
        1 => node.clone().prop_map(Deed::StopEvacuation),
        1 => node.clone().prop_map(Deed::Kill),
        1 => node.prop_map(Deed::Restart),
    ];
    prop::collection::vec((0..9_000_u64, deed), 0..12)
}

fn config() -> impl Strategy<Value = ClusterConfig> {
    let balancer = (
        prop_oneof![Just(Policy::RoundRobin), Just(Policy::Random), Just(Policy::LeastConnections)],
        prop_oneof![Just(0_u64), 100..3000_u64],
        1..4_u32,
        1..4_u32,
    );
    let delay = (0..2000_u64, 0..3000_u64, 1..1000_u64, 0..=100_u32);
    (
        prop::collection::vec((0..2000_u64, 0..500_u64), 1..6),
        balancer,
        delay,
        any::<u64>(),
        3..Release::ALL.len(),
    )
        .prop_map(
            |(
                loads,
                (policy, interval, fall, rise),
                (min, extra, retry, percent),
                seed,
                release,
            )| {
                let clients: Vec<u64> = loads.iter().map(|(clients, _)| *clients).collect();
                let mut config = ClusterConfig::with_clients(&clients).unwrap();
                for (node, (_, sessions)) in config.nodes.iter_mut().zip(&loads) {
                    node.disconnected_sessions = *sessions;
                }
                config.load_balancer =
                    LoadBalancer { policy, check_interval_ms: interval, fall, rise };
                config.reconnect = Reconnect {
                    min_ms: min,
                    max_ms: min + extra,
                    retry_ms: retry,
                    persistent_percent: percent,
                    profile: None,
                };
                config.seed = seed;
                config.personality = Release::ALL[release];
                assert!(!config.personality.version().starts_with("4"), "these requests are of v5");
                config
            },
        )
}

fn post(cluster: &mut VirtualCluster, path: &str, body: &str) {
    let request = Request::post(format!("/api/v5/load_rebalance/{path}"))
        .header("content-type", "application/json")
        .body(body.as_bytes().to_vec())
        .unwrap();
    // A node that is down does not answer, which is as good as a refusal here.
    let _answer = cluster.send(0, request);
}

fn carry_out(cluster: &mut VirtualCluster, deed: &Deed) {
    let name = |node: usize| format!("emqx{}@127.0.0.1", node + 1);
    match deed {
        Deed::Start { coordinator, rate } => post(
            cluster,
            &format!("{}/start", name(*coordinator)),
            &format!(
                r#"{{"conn_evict_rate":{rate},"sess_evict_rate":{rate},"wait_health_check":1,
                    "wait_takeover":1,"abs_conn_threshold":1,"rel_conn_threshold":1.01,
                    "abs_sess_threshold":1,"rel_sess_threshold":1.01}}"#
            ),
        ),
        Deed::Stop(node) => post(cluster, &format!("{}/stop", name(*node)), ""),
        Deed::Evacuate(node) => post(
            cluster,
            &format!("{}/evacuation/start", name(*node)),
            r#"{"wait_health_check":1,"wait_takeover":1}"#,
        ),
        Deed::StopEvacuation(node) => {
            post(cluster, &format!("{}/evacuation/stop", name(*node)), "");
        }
        Deed::Kill(node) => cluster.simulation().cluster.kill(*node),
        Deed::Restart(node) => cluster.simulation().cluster.restart(*node),
    }
}

/// Fleets of which some come late and some never, in a cluster where others come and go.
fn drifting() -> impl Strategy<Value = ClusterConfig> {
    let rates = (0.0..50.0_f64, 0.0..50.0_f64);
    let share = 0.1..1.0_f64;
    (config(), 0.0..3.0_f64, 0.0..20.0_f64, share, rates).prop_map(
        |(mut config, first_s, more_s, share, (arrivals_per_s, departures_per_s))| {
            let points = [(first_s, 0.0), (first_s + more_s, share)];
            let profile = ReconnectProfile::new(&points).unwrap();
            let Reconnect { retry_ms, persistent_percent, .. } = config.reconnect;
            config.reconnect = Reconnect { retry_ms, persistent_percent, ..Reconnect::by(profile) };
            config.drift = Drift { arrivals_per_s, departures_per_s };
            config
        },
    )
}

/// Clients that are somewhere or on their way; and the same in sessions.
fn tally(cluster: &mut VirtualCluster) -> (u64, u64) {
    let simulation = cluster.simulation();
    let totals = simulation.cluster.totals();
    let snapshot = simulation.cluster.snapshot().unwrap();
    let sessions: u64 = snapshot.nodes().iter().map(|load| load.sessions).sum();
    let clients = snapshot.connections() + totals.travelling + totals.stayed_away;
    (clients + totals.departed - totals.arrived, sessions + totals.sessions_lost)
}

/// Where everybody is 20 s after `deeds`, if the clock goes in steps of `step` ms at most.
fn ending(config: ClusterConfig, deeds: &[(u64, Deed)], step: u64) -> (Snapshot, Totals) {
    let mut cluster = VirtualCluster::new(config).unwrap();
    for (wait, deed) in deeds {
        carry_out(&mut cluster, deed);
        let end = cluster.now().plus_ms(*wait);
        while cluster.now() < end {
            let next = cluster.now().plus_ms(step).min(end);
            cluster.advance_to(next);
        }
    }
    cluster.advance_ms(20_000);
    let cluster = &cluster.simulation().cluster;
    (cluster.snapshot().unwrap(), cluster.totals())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn clients_are_conserved(config in config(), deeds in deeds()) {
        let keeps_sessions = config.reconnect.persistent_percent == 100;
        let mut cluster = VirtualCluster::new(config).unwrap();
        let (clients, sessions) = tally(&mut cluster);
        for (wait, deed) in &deeds {
            carry_out(&mut cluster, deed);
            prop_assert_eq!(tally(&mut cluster).0, clients, "after {:?}", deed);
            cluster.advance_ms(*wait);
            prop_assert_eq!(tally(&mut cluster).0, clients, "{} ms after {:?}", wait, deed);
        }
        let died = deeds.iter().any(|(_, deed)| matches!(deed, Deed::Kill(_)));
        if keeps_sessions && !died {
            prop_assert_eq!(tally(&mut cluster).1, sessions);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_run(config in config(), deeds in deeds()) {
        // However the clock is moved: in leaps, or step by step.
        prop_assert_eq!(ending(config.clone(), &deeds, u64::MAX), ending(config, &deeds, 37));
    }

    #[test]
    fn fleets_and_drift_are_conserved(config in drifting(), deeds in deeds()) {
        let mut cluster = VirtualCluster::new(config.clone()).unwrap();
        let clients = tally(&mut cluster).0;
        for (wait, deed) in &deeds {
            carry_out(&mut cluster, deed);
            cluster.advance_ms(*wait);
            prop_assert_eq!(tally(&mut cluster).0, clients, "{} ms after {:?}", wait, deed);
        }
        prop_assert_eq!(ending(config.clone(), &deeds, u64::MAX), ending(config, &deeds, 37));
    }
}
