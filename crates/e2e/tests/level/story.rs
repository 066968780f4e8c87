//! One level plan from its first client to its verdict: what was planned, and what came of it.

use crate::haproxy::HaProxy;
use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Run, Secret};
use emqx_rebalance_core::driver::{DriverOptions, OutcomeKind, Status};
use emqx_rebalance_core::{
    Balance, EvictRate, LoadBalancer, Mode, Plan, PlanOptions, ReconnectProfile, Snapshot, Strategy,
};
use emqx_rebalance_sim::ClusterConfig as SimConfig;
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use emqx_rebalance_swarm::{Placement, Reconnect, Report, Swarm, SwarmConfig};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What is to be levelled, and how.
pub(crate) struct Scene {
    /// Clients on each node.
    pub(crate) clients: [u64; 5],
    pub(crate) conn_evict_rate: u32,
    /// How the clients come back.
    pub(crate) reconnect: Reconnect,
    /// What the plan is told of that.
    pub(crate) told: Option<ReconnectProfile>,
    pub(crate) driver: DriverOptions,
}

/// What was planned, what came of it, and what the clients say.
pub(crate) struct Story {
    pub(crate) plan: Plan,
    pub(crate) status: Status,
    pub(crate) swarm: Report,
    /// The nodes once every client was back.
    pub(crate) end: Snapshot,
    /// Seconds since the start, and how many clients were without a connection from then on.
    pub(crate) away: Vec<(f64, u64)>,
}

/// One story at a time: they share the machine, and a check that it is too busy to answer spoils one.
static STAGE: Mutex<()> = Mutex::const_new(());

impl Story {
    /// `scene` behind HAProxy, to the verdict and until every client is back.
    pub(crate) async fn of(scene: Scene) -> Self {
        let _alone = STAGE.lock().await;
        let embedded = nodes(scene.clients.len()).await;
        let haproxy = HaProxy::start(embedded.mqtt_addresses(), embedded.addresses()).await;
        let swarm = connect(&embedded, &haproxy, &scene).await;
        let cluster = Cluster::connect(config(&embedded)).await.unwrap();
        let plan =
            cluster.plan(&strategy(scene.conn_evict_rate), &level(scene.told)).await.unwrap();
        let began = Instant::now();
        let run = cluster.start(plan.clone(), scene.driver, false).unwrap();
        let total: u64 = scene.clients.iter().sum();
        let away = watch(&run, &swarm, began, total).await;
        let end = cluster.snapshot().await.unwrap();
        Self { plan, status: run.status(), swarm: swarm.stop().await, end, away }
    }

    /// How far the fullest node ended over the mean, in percent.
    pub(crate) fn over_percent(&self) -> f64 {
        let loads = self.end.nodes().iter().map(|load| (load.connections, 1.0));
        Balance::of(loads).over * 100.0
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.swarm.disconnects.values().sum()
    }

    /// No session and no message was lost.
    pub(crate) fn assert_nothing_is_lost(&self) {
        let Report { sessions, messages, .. } = &self.swarm;
        assert_eq!((sessions.lost, messages.missing), (0, 0), "{sessions:?} {messages:?}");
        assert!(sessions.kept >= self.dropped(), "{sessions:?}");
    }
}

/// Writes down how many clients are away until there is a verdict and all `total` are back.
async fn watch(run: &Run, swarm: &Swarm, began: Instant, total: u64) -> Vec<(f64, u64)> {
    let mut away = vec![(0.0, 0)];
    let mut see = |connected: u64| away.push((began.elapsed().as_secs_f64(), total - connected));
    let mut connected = total;
    let outcome = loop {
        tokio::select! {
            outcome = run.wait() => break outcome.unwrap(),
            report = swarm.until(|report| report.connected != connected) => connected = report.connected,
        }
        see(connected);
    };
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    while connected < total {
        connected = swarm.until(|report| report.connected != connected).await.connected;
        see(connected);
    }
    away
}

async fn nodes(count: usize) -> Embedded {
    let config = SimConfig::with_clients(&vec![0; count]).unwrap();
    let options = ServerOptions { mqtt: Some(MqttOptions::default()), ..Default::default() };
    Embedded::start_on(config, options).await.unwrap()
}

/// Puts the clients on their nodes; whoever is dropped comes back through HAProxy.
async fn connect(embedded: &Embedded, haproxy: &HaProxy, scene: &Scene) -> Swarm {
    let placement = embedded
        .mqtt_addresses()
        .iter()
        .zip(scene.clients)
        .map(|(address, clients)| Placement { target: address.to_string(), clients });
    let config = SwarmConfig {
        clients: scene.clients.iter().sum(),
        targets: vec![haproxy.address.to_string()],
        placement: placement.filter(|placement| placement.clients > 0).collect(),
        reconnect: scene.reconnect.clone(),
        v5: 0.5,
        publish_rate: 50.0,
        ..SwarmConfig::default()
    };
    let total = config.clients;
    let swarm = Swarm::start(config).await.unwrap();
    swarm.until(|report| report.connected == total).await;
    swarm
}

fn config(embedded: &Embedded) -> ClusterConfig {
    let (key, secret) = (embedded.api_key(), Secret::new(embedded.api_secret()));
    ClusterConfig {
        urls: embedded.urls(),
        auth: Auth::ApiKey { key, secret },
        ..ClusterConfig::default()
    }
}

fn strategy(conn_evict_rate: u32) -> Strategy {
    let mut strategy = Strategy { wait_health_check: 3, wait_takeover: 1, ..Strategy::default() };
    strategy.conn_evict_rate = EvictRate::at_least_one(conn_evict_rate);
    strategy
}

fn level(reconnect: Option<ReconnectProfile>) -> PlanOptions {
    PlanOptions {
        mode: Mode::Level,
        load_balancer: Some(LoadBalancer::RoundRobin),
        reconnect,
        ..PlanOptions::default()
    }
}
