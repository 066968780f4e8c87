//! A plan from start to verdict over real HTTP.
#![cfg(test)]

use emqx_rebalance_api::{ApiVersion, Credentials};
use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, FileStore, Secret, Store};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Event, OutcomeKind, Phase};
use emqx_rebalance_core::{
    Decision, ErrorKind, Evacuation, EvacuationPlanOptions, EvictRate, NodeName, NodeStatus,
    PlanOptions, Result, Strategy,
};
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{Answer, ClusterConfig as SimConfig, Reconnect};
use http::Request;
use std::future::ready;
use std::pin::pin;
use std::sync::mpsc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const QUICK: &str = r#"{"conn_evict_rate":50,"wait_health_check":1,"wait_takeover":1,
    "abs_conn_threshold":10,"rel_conn_threshold":1.01}"#;

async fn embedded(clients: &[u64]) -> Embedded {
    let config = SimConfig {
        reconnect: Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() },
        ..SimConfig::with_clients(clients).unwrap()
    };
    Embedded::start(config).await.unwrap()
}

fn config(embedded: &Embedded) -> ClusterConfig {
    ClusterConfig {
        urls: embedded.urls(),
        auth: Auth::ApiKey { key: embedded.api_key(), secret: Secret::new(embedded.api_secret()) },
        ..ClusterConfig::default()
    }
}

fn strategy() -> Strategy {
    serde_json::from_str(QUICK).unwrap()
}

fn polling_fast() -> DriverOptions {
    DriverOptions { poll_interval_ms: 100, settle_s: 10, ..DriverOptions::default() }
}

#[tokio::test]
async fn plan_start_and_verdict() {
    let embedded = embedded(&[300, 300, 300, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let gentle = Strategy { conn_evict_rate: EvictRate::at_least_one(15), ..strategy() };
    let plan = cluster.plan(&gentle, &PlanOptions::default()).await.unwrap();
    assert_eq!(plan.decision, Decision::Start);
    let forecast = plan.forecast.clone();
    let mut run = cluster.start(plan, polling_fast(), false).unwrap();
    let outcome = run.wait().await.unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.unchecked.is_empty(), "{:?}", outcome.unchecked);
    let status = run.status();
    assert_eq!(status.phase, Some(Phase::Completed));
    for (end, node) in forecast.end.iter().zip(&status.nodes) {
        assert!(end.connections.abs_diff(node.connections) <= 45, "{end:?} {node:?}");
    }
    let mut events = Vec::new();
    while let Some(event) = run.next_event().await {
        events.push(event);
    }
    assert!(matches!(events.last(), Some(Event::Ended { .. })), "{events:?}");
}

#[tokio::test]
async fn a_status_tells_of_a_run_that_somebody_else_started_and_stop_ends_it() {
    let embedded = embedded(&[2000, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let plan = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let mut run = cluster.start(plan.clone(), polling_fast(), false).unwrap();
    while !matches!(run.next_event().await, Some(Event::Phase { .. })) {}
    drop(run);

    let status = cluster.status().await.unwrap();
    assert_eq!(status.phase, Some(Phase::Processing));
    assert_eq!(status.runs[0].donors, plan.donors);
    let snapshot = cluster.snapshot().await.unwrap();
    assert_eq!(snapshot.nodes()[0].status, NodeStatus::Donor);

    let second = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let refused = cluster.start(second, polling_fast(), false).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);

    let stopped = cluster.stop(None).await.unwrap();
    assert_eq!(stopped, [plan.runs[0].coordinator.clone()]);
    assert_eq!(cluster.status().await.unwrap().phase, None);
    assert!(cluster.stop(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn stopping_a_run_is_a_verdict() {
    let embedded = embedded(&[2000, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let plan = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let mut run = cluster.start(plan, polling_fast(), false).unwrap();
    while !matches!(run.next_event().await, Some(Event::Phase { .. })) {}
    run.stop();
    assert_eq!(run.wait().await.unwrap().result, OutcomeKind::Stopped);
}

#[tokio::test]
async fn a_driver_that_died_is_resumed_from_its_file() {
    let embedded = embedded(&[300, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let plan = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let driver = Driver::new(plan, polling_fast(), false).unwrap();
    let mut run = cluster.drive(driver, FileStore::new(&path));
    while !matches!(run.next_event().await, Some(Event::Phase { .. })) {}
    drop(run);

    let run = cluster.drive(FileStore::load(&path).unwrap(), FileStore::new(&path));
    let outcome = run.wait().await.unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(FileStore::load(&path).unwrap().outcome(), Some(&outcome));
}

/// Holds every step up, before its requests are sent, until it may go on.
struct Gate {
    reached: UnboundedSender<()>,
    may_go_on: mpsc::Receiver<()>,
}

impl Store for Gate {
    fn save(&mut self, _: &Driver) -> Result<()> {
        let _ = self.reached.send(());
        let _ = self.may_go_on.recv();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_let_go_once_its_last_step_is_over() {
    let embedded = embedded(&[300, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let plan = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let driver = Driver::new(plan, polling_fast(), false).unwrap();
    let (reached, mut steps) = unbounded_channel();
    let (go_on, may_go_on) = mpsc::channel();
    let run = cluster.drive(driver, Gate { reached, may_go_on });
    steps.recv().await.unwrap();
    let mut detached = pin!(run.detach());
    tokio::select! {
        biased;
        () = &mut detached => panic!("let go in the midst of a step"),
        () = ready(()) => {}
    }
    go_on.send(()).unwrap();
    detached.await;
    assert_eq!(steps.recv().await, None, "a step after the last one");
}

#[tokio::test]
async fn another_node_is_asked_when_one_does_not_answer() {
    let embedded = embedded(&[30, 0]).await;
    let mut config = config(&embedded);
    config.urls.insert(0, "http://127.0.0.1:1".to_owned());
    let cluster = Cluster::connect(config).await.unwrap();
    assert_eq!(cluster.snapshot().await.unwrap().connections(), 30);
}

/// Ends every session of the dashboard's user, as a logout on another screen does.
fn log_out_everywhere(embedded: &Embedded) {
    let (api, password) = (ApiVersion::V5, Secret::new("public"));
    let answer = |request| match embedded.with(|simulation| simulation.answer(0, &request)) {
        Answer::Response(response) => response,
        _ => panic!("the node is up"),
    };
    let login = api.parse_login(&answer(api.login("admin", &password).unwrap())).unwrap();
    let mut logout = Request::post("/api/v5/logout")
        .header("content-type", "application/json")
        .body(br#"{"username":"admin"}"#.to_vec())
        .unwrap();
    Credentials::Token(login.token).apply(&mut logout).unwrap();
    assert_eq!(answer(logout).status(), 204);
}

#[tokio::test]
async fn a_dashboard_user_logs_in_and_again_when_the_token_is_gone() {
    let embedded = embedded(&[30, 0]).await;
    let auth = |password| Auth::Login { username: "admin".into(), password: Secret::new(password) };
    let config = |password| ClusterConfig {
        urls: embedded.urls(),
        auth: auth(password),
        ..ClusterConfig::default()
    };
    let cluster = Cluster::connect(config("public")).await.unwrap();
    log_out_everywhere(&embedded);
    assert_eq!(cluster.snapshot().await.unwrap().connections(), 30);
    let error = Cluster::connect(config("wrong")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn an_evacuation_is_started_seen_and_stopped() {
    let embedded = embedded(&[100, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let (node, options) = (first_node(), EvacuationPlanOptions::default());
    let plan = cluster.plan_evacuation(&node, &Evacuation::default(), &options).await.unwrap();
    let mut run = cluster.evacuate(plan.clone(), polling_fast(), false).unwrap();
    while !matches!(run.next_event().await.unwrap(), Event::Phase { .. }) {}
    run.detach().await;
    assert_eq!(cluster.evacuations().await.unwrap()[0].node.as_ref(), Some(&node));
    assert_eq!(cluster.snapshot().await.unwrap().nodes()[0].status, NodeStatus::Evacuating);
    let twice = cluster.evacuate(plan, polling_fast(), true).unwrap();
    assert_eq!(twice.wait().await.unwrap().result, OutcomeKind::Refused);
    assert!(cluster.stop_evacuation(&node).await.unwrap());
    assert!(!cluster.stop_evacuation(&node).await.unwrap());
}

fn first_node() -> NodeName {
    NodeName::new("emqx1@127.0.0.1").unwrap()
}

fn quick_evacuation() -> Evacuation {
    let json = r#"{"conn_evict_rate":50,"wait_health_check":1,"wait_takeover":1}"#;
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn a_node_is_emptied_to_its_verdict_and_serves_again_when_stopped() {
    let embedded = embedded(&[200, 100, 100]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let (node, options) = (first_node(), EvacuationPlanOptions::default());
    let plan = cluster.plan_evacuation(&node, &quick_evacuation(), &options).await.unwrap();
    assert_eq!((plan.forecast.duration_s, plan.forecast.conn_evict_s), (6, 4));
    let run = cluster.evacuate(plan.clone(), polling_fast(), false).unwrap();
    let outcome = run.wait().await.unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.detail.starts_with("empty, safe to stop"), "{}", outcome.detail);
    let status = run.status();
    assert_eq!((status.progress.moved, status.nodes[0].connections), (200, 0));
    for (end, load) in plan.forecast.end.iter().zip(&status.nodes) {
        assert!(end.connections.abs_diff(load.connections) <= 5, "{end:?} {load:?}");
    }
    // It took what was forecast, and as long as this machine needs to see it.
    assert!(status.progress.elapsed_s >= 6, "{:?}", status.progress);
    assert_eq!(cluster.snapshot().await.unwrap().nodes()[0].status, NodeStatus::Evacuating);
    assert!(cluster.stop_evacuation(&node).await.unwrap());
    assert_eq!(cluster.snapshot().await.unwrap().nodes()[0].status, NodeStatus::Running);
}

#[tokio::test]
async fn an_evacuation_that_its_driver_left_is_resumed_and_stopped() {
    let embedded = embedded(&[2000, 0]).await;
    let cluster = Cluster::connect(config(&embedded)).await.unwrap();
    let options = EvacuationPlanOptions::default();
    let plan = cluster.plan_evacuation(&first_node(), &quick_evacuation(), &options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let driver = Driver::new(plan, polling_fast(), false).unwrap();
    let mut run = cluster.drive(driver, FileStore::new(&path));
    while !matches!(run.next_event().await, Some(Event::Phase { .. })) {}
    drop(run);

    let run = cluster.drive(FileStore::load(&path).unwrap(), FileStore::new(&path));
    run.stop();
    let outcome = run.wait().await.unwrap();
    assert_eq!(outcome.result, OutcomeKind::Stopped, "{}", outcome.detail);
    assert!(outcome.detail.contains("serves clients again"), "{}", outcome.detail);
    assert!(cluster.evacuations().await.unwrap().is_empty());
}

#[tokio::test]
async fn nodes_that_cannot_be_asked_themselves_are_named_in_the_verdict() {
    let embedded = embedded(&[100, 0]).await;
    let one_url = ClusterConfig { urls: vec![embedded.urls()[1].clone()], ..config(&embedded) };
    let cluster = Cluster::connect(one_url).await.unwrap();
    let plan = cluster.plan(&strategy(), &PlanOptions::default()).await.unwrap();
    let run = cluster.start(plan, polling_fast(), false).unwrap();
    let outcome = run.wait().await.unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(outcome.unchecked, [NodeName::new("emqx1@127.0.0.1").unwrap()]);
}
