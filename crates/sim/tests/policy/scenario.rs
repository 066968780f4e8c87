//! Random clusters, what befalls them in a day, and random policies.

use emqx_rebalance_core::policy::{Opening, Policy};
use emqx_rebalance_core::{
    Asked, Mode, NodeName, Options, PlanOptions, Strategy as Rules, Timestamp,
};
use emqx_rebalance_sim::{
    ClusterConfig, Deed, Drift, Fault, Keeper, LoadBalancer, Policy as Balancing, ScheduledFault,
    VirtualCluster,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A cluster, what befalls it, and who looks after it.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) config: ClusterConfig,
    pub(super) policy: Policy,
    pub(super) is_level: bool,
    /// Counts are seen so many thousandths too high or too low, at most.
    pub(super) noise: u64,
    pub(super) max_rebalances: u64,
    pub(super) max_disconnects: Option<u64>,
    pub(super) cool_down_ms: u64,
}

impl Scenario {
    /// An uneven cluster that nothing befalls.
    pub(super) fn plain() -> Self {
        let policy = json!({"mode": "auto", "max_disconnects_per_day": 5000});
        Self::new(&[400, 400, 400, 0], policy, Vec::new())
    }

    fn new(clients: &[u64], policy: Value, faults: Vec<ScheduledFault>) -> Self {
        let mut config = ClusterConfig::with_clients(clients).unwrap();
        config.load_balancer = LoadBalancer::ideal(Balancing::RoundRobin);
        config.faults = faults;
        let policy = Policy::read(policy).unwrap();
        Self {
            config,
            is_level: true,
            noise: 0,
            max_rebalances: policy.max_rebalances_per_day.into(),
            max_disconnects: policy.max_disconnects_per_day.map(u64::from),
            cool_down_ms: u64::from(policy.cool_down_s) * 1000,
            policy,
        }
    }

    /// Slow enough that windows end in the midst of runs.
    pub(super) fn rules() -> Rules {
        let rules = json!({"conn_evict_rate": RATE, "wait_health_check": 20, "wait_takeover": 20,
            "abs_conn_threshold": 5, "rel_conn_threshold": 1.01});
        serde_json::from_value(rules).unwrap()
    }

    /// What a day and a bit brings.
    pub(super) fn day(&self) -> Vec<Deed> {
        let mut cluster = VirtualCluster::new(self.config.clone()).unwrap();
        let mode = if self.is_level { Mode::Level } else { Mode::Single };
        let options = PlanOptions { mode, ..PlanOptions::default() };
        let mut keeper = Keeper::new(self.policy.clone(), EPOCH_MS);
        keeper.asked = Asked { strategy: Self::rules(), options };
        keeper.poll_ms = POLL_MS;
        keeper.noise = self.noise;
        let mut deeds = Vec::new();
        while cluster.now().as_ms() < 100_000_000 {
            deeds.extend(keeper.look_after(&mut cluster).unwrap());
        }
        deeds
    }

    pub(super) fn is_open(&self, at_ms: u64) -> bool {
        !matches!(self.opening(at_ms), Opening::Closed(_))
    }

    /// When the window closes that is open at `at_ms`.
    pub(super) fn closes(&self, at_ms: u64) -> Option<u64> {
        match self.opening(at_ms) {
            Opening::Until(closes) => Some(closes.as_ms() - EPOCH_MS),
            _ => None,
        }
    }

    fn opening(&self, at_ms: u64) -> Opening {
        self.policy.windows.at(Timestamp::from_ms(EPOCH_MS + at_ms), &self.policy.time_zone)
    }

    /// Clients that the donors drop between two looks, and until they hear of the stop.
    pub(super) fn between_looks(&self, deed: &Deed) -> u64 {
        deed.donors.len() as u64 * u64::from(RATE) * (POLL_MS / 1000 + 5)
    }
}

/// Random ones.
pub(super) fn scenarios() -> impl Strategy<Value = Scenario> {
    let clients = prop::collection::vec(0_u64..800, 2..5);
    let befalls = prop::collection::vec((0_u32..5, 0_usize..4, 0.0..80_000.0), 0..6);
    let drift = (0.0..0.02, 0.0..0.02);
    let moods = (any::<bool>(), 0_u64..40, any::<u64>());
    (clients, befalls, drift, policies(), moods).prop_map(
        |(clients, befalls, drift, policy, moods)| {
            let count = clients.len();
            let faults =
                befalls.into_iter().flat_map(|(kind, node, at_s)| fault(kind, node % count, at_s));
            let mut scenario = Scenario::new(&clients, policy, faults.collect());
            scenario.config.drift = Drift { arrivals_per_s: drift.0, departures_per_s: drift.1 };
            (scenario.is_level, scenario.noise, scenario.config.seed) = moods;
            scenario
        },
    )
}

fn policies() -> impl Strategy<Value = Value> {
    let windows = prop_oneof![
        Just(json!([])),
        (1_u32..8, 2_u32..90).prop_map(|(every, minutes)| {
            json!([{"cron": format!("13 */{every} * * *"), "duration_s": minutes * 60}])
        }),
    ];
    let times = (0_u32..1800, 0_u32..900, 0_u32..14_400);
    let limits = (1_u32..6, prop::option::of(20_u32..1500));
    (0.02..0.5, times, windows, limits, 0.0..0.1).prop_map(|(over, times, windows, limits, gain)| {
        json!({
            "mode": "auto", "imbalance_over": over, "balanced_over": over / 2.0, "imbalance_for_s": times.0,
            "node_settle_s": times.1, "cool_down_s": times.2, "windows": windows, "time_zone": "America/New_York",
            "max_rebalances_per_day": limits.0, "max_disconnects_per_day": limits.1, "min_gain": gain,
            "min_gain_ratio": 0.2
        })
    })
}

/// What befalls a node, and its end.
fn fault(kind: u32, node: usize, at_s: f64) -> Vec<ScheduledFault> {
    let node = NodeName::new(format!("emqx{}@127.0.0.1", node + 1)).unwrap();
    let at = |at_s: f64, fault: Fault| ScheduledFault { at_s, fault };
    match kind {
        0 => vec![
            at(at_s, Fault::NodeKilled { node: node.clone() }),
            at(at_s + 300.0, Fault::NodeRestarted { node }),
        ],
        1 => vec![at(
            at_s,
            Fault::ForeignRun { coordinator: node, nodes: None, strategy: Scenario::rules() },
        )],
        2 => vec![at(at_s, Fault::Arrivals { per_s: 5, for_s: 40 })],
        3 => vec![at(at_s, Fault::CoordinatorCrash { node })],
        _ => vec![at(at_s, Fault::NodeKilled { node })],
    }
}

/// 2026-03-07T12:00Z: the night that follows is an hour short in New York.
const EPOCH_MS: u64 = 1_772_884_800_000;
pub(super) const POLL_MS: u64 = 30_000;
/// Clients that each donor drops in a second.
const RATE: u32 = 3;
