//! Level plans behind a real HAProxy: real MQTT clients, real sessions, the real driver.
#![cfg(test)]

mod haproxy;

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
use emqx_rebalance_core::driver::{DriverOptions, OutcomeKind, Status};
use emqx_rebalance_core::{Balance, LoadBalancer, Mode, Plan, PlanOptions, Strategy};
use emqx_rebalance_sim::ClusterConfig as SimConfig;
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use emqx_rebalance_swarm::{Placement, Reconnect, Report, Swarm, SwarmConfig};
use haproxy::HaProxy;
use tokio::sync::Mutex;

/// What was planned, what came of it, and what the clients say.
struct Story {
    plan: Plan,
    status: Status,
    swarm: Report,
}

impl Story {
    /// `clients` on five nodes, levelled in at most two waves.
    async fn of(clients: [u64; 5], conn_evict_rate: u32) -> Self {
        let embedded = nodes(clients.len()).await;
        let haproxy = HaProxy::start(embedded.mqtt_addresses(), embedded.addresses()).await;
        let swarm = connect(&embedded, &haproxy, clients).await;
        let cluster = Cluster::connect(config(&embedded)).await.unwrap();
        let plan = cluster.plan(&strategy(conn_evict_rate), &level()).await.unwrap();
        let options = DriverOptions { max_waves: 2, ..DriverOptions::default() };
        let run = cluster.start(plan.clone(), options, false).unwrap();
        let outcome = run.wait().await.unwrap();
        assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
        let total: u64 = clients.iter().sum();
        swarm.until(|report| report.connected == total).await;
        Self { plan, status: run.status(), swarm: swarm.stop().await }
    }

    /// How far the fullest node ended over the mean, in percent.
    fn over_percent(&self) -> f64 {
        let loads = self.status.nodes.iter().map(|load| (load.connections, 1.0));
        Balance::of(loads).over * 100.0
    }

    fn dropped(&self) -> u64 {
        self.swarm.disconnects.values().sum()
    }
}

async fn nodes(count: usize) -> Embedded {
    let config = SimConfig::with_clients(&vec![0; count]).unwrap();
    let options = ServerOptions { mqtt: Some(MqttOptions::default()), ..Default::default() };
    Embedded::start_on(config, options).await.unwrap()
}

/// Puts the clients on their nodes; whoever is dropped comes back through HAProxy.
async fn connect(embedded: &Embedded, haproxy: &HaProxy, clients: [u64; 5]) -> Swarm {
    let placement = embedded
        .mqtt_addresses()
        .iter()
        .zip(clients)
        .map(|(address, clients)| Placement { target: address.to_string(), clients });
    let config = SwarmConfig {
        clients: clients.iter().sum(),
        targets: vec![haproxy.address.to_string()],
        placement: placement.filter(|placement| placement.clients > 0).collect(),
        reconnect: Reconnect { delay_ms: 1000, jitter: 0.5, ..Reconnect::default() },
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
    strategy.conn_evict_rate = emqx_rebalance_core::EvictRate::at_least_one(conn_evict_rate);
    strategy
}

fn level() -> PlanOptions {
    PlanOptions {
        mode: Mode::Level,
        load_balancer: Some(LoadBalancer::RoundRobin),
        ..PlanOptions::default()
    }
}

/// One story at a time: they share the machine, and a check that it is too busy to answer spoils one.
static STAGE: Mutex<()> = Mutex::const_new(());

/// EMQX's own run leaves +25.6 %, +33 % and +56.7 % on real clusters with these loads.
async fn levels(clients: [u64; 5], conn_evict_rate: u32) {
    let _alone = STAGE.lock().await;
    let story = Story::of(clients, conn_evict_rate).await;
    let over = story.over_percent();
    println!(
        "{clients:?}: {over:.2} % over after wave {}, {} dropped in {} s",
        story.status.wave,
        story.dropped(),
        story.status.progress.elapsed_s
    );
    assert!(over <= 2.0, "{over:.2} % over: {:?}", story.status.nodes);
    let (dropped, fewest) = (story.dropped(), story.plan.bounds.fewest_disconnects);
    assert!(dropped * 100 <= fewest * 110, "{dropped} dropped, {fewest} at least");
    let Report { sessions, messages, .. } = story.swarm;
    assert_eq!((sessions.lost, messages.missing), (0, 0), "{sessions:?} {messages:?}");
    assert!(sessions.kept >= dropped, "{sessions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_full_nodes_and_three_empty_ones_end_level() {
    levels([1000, 600, 0, 0, 0], 30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staircase_ends_level() {
    levels([500, 400, 300, 200, 100], 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nearly_empty_node_beside_an_empty_one_ends_level() {
    levels([2500, 1500, 900, 100, 0], 60).await;
}
