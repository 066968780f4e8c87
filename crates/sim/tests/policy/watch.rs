//! Who looks at a cluster every half minute, and does what the policy says.

use crate::scenario::Scenario;
use emqx_rebalance_core::driver::{Driver, DriverOptions, Status, observe};
use emqx_rebalance_core::policy::{Action, Engine, Input, Observation};
use emqx_rebalance_core::{
    Asked, Balance, GlobalStatus, Mode, NodeLoad, NodeName, NodeStatus, Plan, PlanOptions,
    RunState, RunStatus, Timestamp,
};
use emqx_rebalance_sim::{Incident, VirtualCluster};

/// 2026-03-07T12:00Z: the night that follows is an hour short in New York.
pub(super) const EPOCH_MS: u64 = 1_772_884_800_000;

/// What was done to a cluster.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) began_ms: u64,
    pub(super) ended_ms: u64,
    /// When it was told to stop.
    pub(super) stopped_ms: Option<u64>,
    pub(super) donors: Vec<NodeName>,
    pub(super) recipients: Vec<NodeName>,
    /// Clients that were sent away meanwhile, by EMQX's own count.
    pub(super) evicted: u64,
    /// Whether every node was up and nothing ran when it began.
    pub(super) was_calm: bool,
    pub(super) over_after: f64,
}

/// Somebody with a policy, and the cluster.
pub(super) struct Watch<'a> {
    scenario: &'a Scenario,
    cluster: VirtualCluster,
    engine: Engine,
    looks: u64,
}

impl<'a> Watch<'a> {
    pub(super) const POLL_MS: u64 = 30_000;

    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let cluster = VirtualCluster::new(scenario.config.clone()).unwrap();
        Self { scenario, cluster, engine: Engine::default(), looks: 0 }
    }

    /// What a day and a bit brings.
    pub(super) fn day(mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        while self.cluster.now().as_ms() < 100_000_000 {
            self.cluster.advance_ms(Self::POLL_MS);
            for action in self.look(0) {
                let Action::Start { plan, driver, .. } = action else { panic!("{action:?}") };
                let deed = self.act(*plan, *driver);
                deeds.push(deed);
            }
        }
        deeds
    }

    /// What the policy makes of the cluster as it is seen.
    fn look(&mut self, moved: u64) -> Vec<Action> {
        self.looks += 1;
        let status = seen(&mut self.cluster, self.scenario, self.looks, moved);
        let mode = if self.scenario.is_level { Mode::Level } else { Mode::Single };
        let options = PlanOptions { mode, ..PlanOptions::default() };
        let asked = Asked { strategy: Scenario::rules(), options };
        let input = Input::Seen(Box::new(Observation { asked, ..Observation::new(&status) }));
        // Who looks next is another process.
        let stored = serde_json::to_string(&self.engine).unwrap();
        self.engine = serde_json::from_str(&stored).unwrap();
        let now = Timestamp::from_ms(EPOCH_MS + self.cluster.now().as_ms());
        self.engine.step(&self.scenario.policy, now, input).actions
    }

    fn act(&mut self, plan: Plan, options: DriverOptions) -> Deed {
        let was_calm = self.is_calm();
        let before = evicted(&mut self.cluster);
        let (donors, recipients) = (plan.donors.clone(), plan.recipients.clone());
        let began_ms = self.cluster.now().as_ms();
        let driver = Driver::new(plan, options, false).unwrap();
        let (mut next_ms, mut stopped_ms) = (began_ms + Self::POLL_MS, None);
        // The cluster is lent to the drive, which lends it back at each step.
        let idle = VirtualCluster::new(self.scenario.config.clone()).unwrap();
        let mut cluster = std::mem::replace(&mut self.cluster, idle);
        let driven = cluster.drive_with(driver, |cluster, _, _| {
            if cluster.now().as_ms() < next_ms {
                return Incident::None;
            }
            next_ms = cluster.now().as_ms() + Self::POLL_MS;
            std::mem::swap(&mut self.cluster, cluster);
            let moved = evicted(&mut self.cluster) - before;
            let actions = self.look(moved);
            std::mem::swap(&mut self.cluster, cluster);
            if actions.is_empty() {
                return Incident::None;
            }
            assert_eq!(actions, [Action::Stop]);
            stopped_ms = Some(cluster.now().as_ms());
            Incident::Stop
        });
        self.cluster = cluster;
        self.end(driven.ok().map(|drive| drive.outcome.result), before);
        let snapshot = self.cluster.simulation().cluster.snapshot().unwrap();
        let loads = snapshot.running().map(|load| (load.connections, 1.0));
        Deed {
            began_ms,
            ended_ms: self.cluster.now().as_ms(),
            stopped_ms,
            donors,
            recipients,
            evicted: evicted(&mut self.cluster) - before,
            was_calm,
            over_after: Balance::of(loads).over,
        }
    }

    fn end(&mut self, result: Option<emqx_rebalance_core::driver::OutcomeKind>, before: u64) {
        let now = Timestamp::from_ms(EPOCH_MS + self.cluster.now().as_ms());
        let disconnects = evicted(&mut self.cluster) - before;
        let input = match result {
            Some(result) => Input::Ended { result, disconnects },
            // No URL answered when the drive began.
            None => Input::NotStarted("unreachable"),
        };
        let _ = self.engine.step(&self.scenario.policy, now, input);
    }

    fn is_calm(&mut self) -> bool {
        let nodes = self.cluster.nodes();
        let cluster = &self.cluster.simulation().cluster;
        (0..nodes).all(|node| cluster.is_up(node)) && cluster.coordinators().is_empty()
    }
}

/// The cluster as somebody sees it whose counts are of different moments.
fn seen(cluster: &mut VirtualCluster, scenario: &Scenario, look: u64, moved: u64) -> Status {
    let snapshot = cluster.simulation().cluster.snapshot().unwrap();
    let noisy = |(i, load): (usize, &NodeLoad)| {
        let swing = noise(scenario.seed ^ (look * 31 + i as u64)) % (2 * scenario.noise + 1);
        let connections = load.connections * (1000 + swing - scenario.noise) / 1000;
        let count = if load.status == NodeStatus::Stopped { 0 } else { connections };
        NodeLoad { connections: count, ..load.clone() }
    };
    let nodes = snapshot.nodes().iter().enumerate().map(noisy).collect();
    let coordinators = cluster.simulation().cluster.coordinators();
    let runs = coordinators.into_iter().map(|coordinator| RunStatus {
        coordinator: scenario.config.nodes[coordinator].name.clone(),
        state: RunState::from("evicting_conns".to_owned()),
        donors: Vec::new(),
        recipients: Vec::new(),
        conn_evict_rate: None,
        sess_evict_rate: None,
        connection_goal: None,
        donor_conn_avg: None,
        disconnected_session_goal: None,
        donor_sess_avg: None,
    });
    let global = GlobalStatus { rebalances: runs.collect(), ..GlobalStatus::default() };
    let mut status = observe(nodes, &global, &[]);
    status.progress.moved = moved;
    status
}

/// Any number, of a seed: splitmix64.
fn noise(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn evicted(cluster: &mut VirtualCluster) -> u64 {
    cluster.simulation().cluster.totals().evicted
}
