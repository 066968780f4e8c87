//! Random clusters, plans, and what befalls them.

use crate::node;
use emqx_rebalance_core::Strategy as Rules;
use emqx_rebalance_sim::{
    ClusterConfig, Fault, HttpFailure, HttpFault, LoadBalancer, Policy, Reconnect, Release,
};
use proptest::prelude::*;

/// Everything that a case is made of.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) config: ClusterConfig,
    pub(super) work: Work,
    pub(super) rate: u32,
    pub(super) waits: (u32, u32),
    pub(super) patience: Patience,
    pub(super) faults: Vec<(u64, Fault)>,
    pub(super) storm: Storm,
    pub(super) deaths: Vec<Death>,
    pub(super) stop_at_ms: Option<u64>,
}

/// What is driven.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    Single { coordinator: usize },
    Level,
    Evacuation { node: usize },
}

/// The options of the driver that matter here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) poll_interval_ms: u32,
    pub(super) empty_polls: u32,
    pub(super) settle_s: u32,
}

/// A time in which the network loses and delays, on top of what the simulator breaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storm {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    /// Of 100 requests, so many never arrive, and of as many the answer is lost.
    pub(super) lost: u64,
    /// Of 100 answers, so many are delayed.
    pub(super) delayed: u64,
    /// Of 100 commands, so many arrive after their sender has given up.
    pub(super) late: u64,
    pub(super) seed: u64,
}

/// The driver's process dies at a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    pub(super) step: usize,
    pub(super) before_sending: bool,
    pub(super) for_ms: u64,
}

/// Anything may happen.
pub(super) fn chaos() -> impl Strategy<Value = Scenario> {
    (2..=6_usize).prop_flat_map(|nodes| {
        let faults = prop::collection::vec((0..70_000_u64, faults(nodes)), 0..5);
        let stop = prop_oneof![4 => Just(None), 1 => (0..60_000_u64).prop_map(Some)];
        let storm = storm(0..=25, 0..=25, prop_oneof![2 => Just(0_u64), 1 => 0..=25_u64].boxed());
        (clusters(nodes), works(nodes), manners(), faults, storm, deaths(), stop).prop_map(
            |(config, work, (rate, waits, patience), faults, storm, deaths, stop_at_ms)| {
                let at = |(at, faults): (u64, Vec<(u64, Fault)>)| {
                    faults.into_iter().map(move |(after, fault)| (at + after, fault))
                };
                let mut faults: Vec<(u64, Fault)> = faults.into_iter().flat_map(at).collect();
                faults.sort_by_key(|(at, _)| *at);
                Scenario { config, work, rate, waits, patience, faults, storm, deaths, stop_at_ms }
            },
        )
    })
}

/// The cluster is well and the driver alone suffers: it loses answers for a while, and dies.
pub(super) fn bad_line() -> impl Strategy<Value = Scenario> {
    let storm = storm(0..=20, 0..=40, Just(0_u64).boxed());
    chaos().prop_flat_map(move |scenario| (Just(scenario), storm.clone())).prop_map(
        |(mut scenario, mut storm)| {
            storm.to_ms = storm.to_ms.min(storm.from_ms + 15_000);
            scenario.config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
            scenario.config.reconnect = Reconnect::default();
            scenario.faults.clear();
            // Not so fast that a tick alone looks like clients that do not come back.
            let clients: u64 = scenario.config.nodes.iter().map(|node| node.clients).sum();
            let gentle = u32::try_from(clients / 60).unwrap_or(u32::MAX).max(1);
            scenario.rate = scenario.rate.min(gentle);
            scenario.stop_at_ms = None;
            Scenario { storm, ..scenario }
        },
    )
}

fn clusters(nodes: usize) -> impl Strategy<Value = ClusterConfig> {
    let loads = prop::collection::vec(
        (prop_oneof![1 => Just(0_u64), 3 => 0..400_u64], prop_oneof![2 => Just(0), 1 => 0..80_u64]),
        nodes,
    );
    let policies = [Policy::RoundRobin, Policy::Random, Policy::LeastConnections];
    let balancer = (
        prop::sample::select(policies.to_vec()),
        prop_oneof![Just(0_u64), 500..3000_u64],
        1..4_u32,
        1..3_u32,
    );
    let reconnect = (0..1500_u64, 0..1500_u64, 200..1000_u64);
    let releases = prop::sample::select(Release::ALL.to_vec());
    (loads, balancer, reconnect, releases, any::<u64>()).prop_map(
        |(
            loads,
            (policy, check_interval_ms, fall, rise),
            (min_ms, more, retry_ms),
            release,
            seed,
        )| {
            let clients: Vec<u64> = loads.iter().map(|(clients, _)| *clients).collect();
            let mut config = ClusterConfig::with_clients(&clients).unwrap();
            for (node, (_, sessions)) in config.nodes.iter_mut().zip(&loads) {
                node.disconnected_sessions = *sessions;
            }
            config.personality = release;
            config.load_balancer = LoadBalancer { policy, check_interval_ms, fall, rise };
            let max_ms = min_ms + more;
            config.reconnect = Reconnect { min_ms, max_ms, retry_ms, ..Reconnect::default() };
            config.seed = seed;
            config
        },
    )
}

fn works(nodes: usize) -> impl Strategy<Value = Work> {
    prop_oneof![
        2 => (0..nodes).prop_map(|coordinator| Work::Single { coordinator }),
        2 => Just(Work::Level),
        2 => (0..nodes).prop_map(|node| Work::Evacuation { node }),
    ]
}

fn manners() -> impl Strategy<Value = (u32, (u32, u32), Patience)> {
    // One poll alone may fall into a boot, in which EMQX shows nothing of what the node goes on with.
    let patience = (500..3000_u32, 2..=4_u32, 5..=30_u32);
    (3..80_u32, (1..8_u32, 1..8_u32), patience).prop_map(
        |(rate, waits, (poll_interval_ms, empty_polls, settle_s))| {
            (rate, waits, Patience { poll_interval_ms, empty_polls, settle_s })
        },
    )
}

fn storm(
    lost: std::ops::RangeInclusive<u64>,
    delayed: std::ops::RangeInclusive<u64>,
    late: BoxedStrategy<u64>,
) -> impl Strategy<Value = Storm> + Clone {
    (0..30_000_u64, 0..60_000_u64, lost, delayed, late, any::<u64>()).prop_map(
        |(from_ms, for_ms, lost, delayed, late, seed)| {
            let to_ms = from_ms + for_ms;
            Storm { from_ms, to_ms, lost, delayed, late, seed }
        },
    )
}

fn deaths() -> impl Strategy<Value = Vec<Death>> {
    let death = (1..80_usize, any::<bool>(), prop_oneof![2 => 0..2_000_u64, 1 => 0..90_000_u64]);
    let death =
        death.prop_map(|(step, before_sending, for_ms)| Death { step, before_sending, for_ms });
    prop::collection::vec(death, 0..4)
}

/// One trouble: what happens, and what ends it, each with its time after the first.
fn faults(nodes: usize) -> impl Strategy<Value = Vec<(u64, Fault)>> {
    let name = || (1..=nodes).prop_map(node);
    let one = |fault| vec![(0, fault)];
    let then = |fault, after: Option<u64>, end| {
        let end = after.map(|after| (after, end));
        std::iter::once((0, fault)).chain(end).collect::<Vec<_>>()
    };
    let after = || prop_oneof![1 => Just(None), 4 => (500..60_000_u64).prop_map(Some)];
    let paths = ["start", "stop", "global_status", "nodes", "availability_check", "load_rebalance"];
    let http = (
        prop::sample::select(HttpFailure::ALL.to_vec()),
        prop::sample::select(paths.to_vec()),
        1..8_u32,
    );
    let slow = (300..2000_u64, 0..9_000_u64);
    prop_oneof![
        3 => (name(), after()).prop_map(move |(node, after)| {
            then(Fault::NodeKilled { node: node.clone() }, after, Fault::NodeRestarted { node })
        }),
        3 => (name(), after()).prop_map(move |(node, after)| {
            then(Fault::NodeHung { node: node.clone() }, after, Fault::NodeResumed { node })
        }),
        1 => (name(), 100..20_000_u64, after()).prop_map(move |(node, ms, after)| {
            then(Fault::NodeSlow { node: node.clone(), ms }, after, Fault::NodeSlow { node, ms: 0 })
        }),
        2 => name().prop_map(move |node| one(Fault::CoordinatorCrash { node })),
        2 => name().prop_map(move |coordinator| one(Fault::ForeignStop { coordinator })),
        1 => name().prop_map(move |node| one(Fault::ForeignEvacuation { node })),
        2 => (name(), 5..60_u32).prop_map(move |(coordinator, rate)| {
            one(Fault::ForeignRun { coordinator, nodes: None, strategy: rules(rate, (2, 2)) })
        }),
        2 => after().prop_map(move |after| {
            then(Fault::LoadBalancer { down: true }, after, Fault::LoadBalancer { down: false })
        }),
        1 => slow.prop_map(move |(min_ms, more)| {
            let max_ms = min_ms + more;
            one(Fault::Reconnect { reconnect: Reconnect { min_ms, max_ms, ..Reconnect::default() } })
        }),
        1 => (1..40_u64, 1..30_u64)
            .prop_map(move |(per_s, for_s)| one(Fault::Arrivals { per_s, for_s })),
        3 => http.prop_map(move |(failure, path, times)| {
            one(Fault::Http { fault: HttpFault::new(failure).of_path(path).times(times) })
        }),
    ]
}

pub(super) fn rules(rate: u32, (health, takeover): (u32, u32)) -> Rules {
    serde_json::from_str(&format!(
        r#"{{"conn_evict_rate":{rate},"sess_evict_rate":{rate},"wait_health_check":{health},
            "wait_takeover":{takeover},"abs_conn_threshold":5,"rel_conn_threshold":1.02,
            "abs_sess_threshold":5,"rel_sess_threshold":1.02}}"#
    ))
    .unwrap()
}
