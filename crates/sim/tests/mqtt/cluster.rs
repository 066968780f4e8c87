//! Clusters to connect to, and questions to them.

use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use emqx_rebalance_sim::{Answer, ClusterConfig, Counts, Release};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// A cluster of `nodes` without clients.
pub(crate) async fn cluster(nodes: usize) -> Embedded {
    cluster_like(nodes, Release::default()).await
}

/// A cluster that behaves like `release`.
pub(crate) async fn cluster_like(nodes: usize, release: Release) -> Embedded {
    let mut config = ClusterConfig::with_clients(&vec![0; nodes]).unwrap();
    config.personality = release;
    config.boot.listens_after_ms = 50;
    config.boot.serves_after_ms = 100;
    start(config, MqttOptions::default()).await
}

pub(crate) async fn start(config: ClusterConfig, mqtt: MqttOptions) -> Embedded {
    let options = ServerOptions { mqtt: Some(mqtt), ..ServerOptions::default() };
    Embedded::start_on(config, options).await.unwrap()
}

/// Where `node` takes MQTT clients.
pub(crate) fn port(cluster: &Embedded, node: usize) -> SocketAddr {
    cluster.mqtt_addresses()[node]
}

/// What is on `node` now.
pub(crate) fn counts(cluster: &Embedded, node: usize) -> Counts {
    cluster.with(|simulation| simulation.cluster.counts(node))
}

/// Asks the HTTP API; an answer other than 200 is a failure.
pub(crate) fn ask(cluster: &Embedded, method: Method, path: &str, body: &Value) -> Value {
    let pair = format!("{}:{}", cluster.api_key(), cluster.api_secret());
    let pair = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v5/{path}"))
        .header("authorization", format!("Basic {pair}"))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    let Answer::Response(answer) = cluster.with(|simulation| simulation.answer(0, &request)) else {
        panic!("node 0 is down")
    };
    let text = String::from_utf8(answer.body().clone()).unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Starts a rebalance that evicts `rate` a second and waits for nothing it is not told to.
pub(crate) fn rebalance(cluster: &Embedded, rate: u32, waits: (u32, u32)) {
    let body = json!({
        "conn_evict_rate": rate, "sess_evict_rate": rate,
        "wait_health_check": waits.0, "wait_takeover": waits.1,
        "abs_conn_threshold": 1, "rel_conn_threshold": 1.01,
        "abs_sess_threshold": 1, "rel_sess_threshold": 1.01,
    });
    let path = "load_rebalance/emqx1@127.0.0.1/start";
    ask(cluster, Method::POST, path, &body);
}

/// The state of the one rebalance there is, or nothing if there is none.
pub(crate) fn state(cluster: &Embedded) -> Option<String> {
    let status = ask(cluster, Method::GET, "load_rebalance/global_status", &Value::Null);
    Some(status["rebalances"].get(0)?["state"].as_str().unwrap().to_owned())
}

/// Waits until the cluster is as wished; the runner's own time limit is the only one.
pub(crate) async fn until(cluster: &Embedded, wish: impl Fn(&Embedded) -> bool) {
    while !wish(cluster) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
