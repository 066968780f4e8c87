//! The cluster on real ports.

#![cfg(test)]

use emqx_rebalance_sim::server::{Embedded, ServerOptions};
use emqx_rebalance_sim::{ClusterConfig, LoadBalancer, Policy};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends one request on a connection of its own and returns the whole answer.
async fn send(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let head = "host: emqx\r\nconnection: close\r\nauthorization: Basic ";
    let pair = "ZW1xeC1yZWJhbGFuY2U6ZW1iZWRkZWQtY2x1c3Rlcg==";
    let (line, rest) = request.split_once('\n').unwrap_or((request, ""));
    let length = rest.len();
    let text = format!(
        "{line} HTTP/1.1\r\n{head}{pair}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{rest}"
    );
    stream.write_all(text.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn cluster(clients: &[u64]) -> Embedded {
    Embedded::start(ClusterConfig::with_clients(clients).unwrap()).await.unwrap()
}

/// Asks until the answer is as wished; the runner's own time limit is the only one.
async fn until(address: SocketAddr, request: &str, wish: impl Fn(&str) -> bool) -> String {
    loop {
        let answer = send(address, request).await.unwrap();
        if wish(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_rebalance_runs_over_real_http() {
    let mut config = ClusterConfig::with_clients(&[40, 0]).unwrap();
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    let cluster = Embedded::start(config).await.unwrap();
    let [first, second] = cluster.addresses() else { panic!("two nodes") };
    let start = "POST /api/v5/load_rebalance/emqx2@127.0.0.1/start\n\
                 {\"wait_health_check\":0,\"wait_takeover\":3,\"abs_conn_threshold\":2,\
                  \"rel_conn_threshold\":1.01,\"conn_evict_rate\":20}";
    assert!(send(*second, start).await.unwrap().starts_with("HTTP/1.1 200 OK"));
    let check = "GET /api/v5/load_rebalance/availability_check";
    assert!(send(*first, check).await.unwrap().starts_with("HTTP/1.1 503"));
    assert!(send(*second, check).await.unwrap().starts_with("HTTP/1.1 200"));
    until(*first, check, |answer| answer.starts_with("HTTP/1.1 200")).await;
    let nodes = send(*first, "GET /api/v5/nodes").await.unwrap();
    assert!(nodes.contains("\"live_connections\":20"), "{nodes}");
    cluster.stop().await;
}

#[tokio::test]
async fn a_dead_node_refuses_connections_and_comes_back_on_its_port() {
    let mut config = ClusterConfig::with_clients(&[1, 1]).unwrap();
    config.boot.listens_after_ms = 100;
    config.boot.serves_after_ms = 200;
    let cluster = Embedded::start(config).await.unwrap();
    let address = cluster.addresses()[1];
    cluster.with(|simulation| simulation.cluster.kill(1));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let nodes = send(cluster.addresses()[0], "GET /api/v5/nodes").await.unwrap();
    assert!(nodes.contains("\"node_status\":\"stopped\""), "{nodes}");
    cluster.with(|simulation| simulation.cluster.restart(1));
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    until(address, "GET /api/v5/load_rebalance/status", |answer| answer.contains("disabled")).await;
    cluster.stop().await;
}

#[tokio::test]
async fn stopping_and_dropping_close_every_port() {
    let stopped = cluster(&[1, 1]).await;
    let addresses = stopped.addresses().to_vec();
    stopped.stop().await;
    for address in addresses {
        assert!(TcpStream::connect(address).await.is_err(), "{address}");
    }
    let dropped = cluster(&[1]).await;
    let address = dropped.addresses()[0];
    drop(dropped);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_and_too_many_ports_are_errors() {
    let first = cluster(&[1]).await;
    let taken = ServerOptions { ports: vec![first.addresses()[0].port()], ..Default::default() };
    let config = ClusterConfig::with_clients(&[1]).unwrap();
    let error = Embedded::start_on(config.clone(), taken).await.unwrap_err();
    assert_eq!(error.kind().as_str(), "unreachable");
    let many = ServerOptions { ports: vec![0, 0], ..Default::default() };
    let error = Embedded::start_on(config, many).await.unwrap_err();
    assert_eq!(error.kind().as_str(), "config_invalid");
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_only_if_cors_is_on() {
    for cors in [false, true] {
        let mut config = ClusterConfig::with_clients(&[1]).unwrap();
        config.cors = cors;
        let cluster = Embedded::start(config).await.unwrap();
        let preflight = send(cluster.addresses()[0], "OPTIONS /api/v5/nodes").await.unwrap();
        assert_eq!(preflight.starts_with("HTTP/1.1 200"), cors, "{preflight}");
        assert_eq!(preflight.contains("access-control-allow-origin: *"), cors);
        let nodes = send(cluster.addresses()[0], "GET /api/v5/nodes").await.unwrap();
        assert_eq!(nodes.contains("access-control-allow-origin: *"), cors);
    }
}

#[tokio::test]
async fn faults_come_over_http_and_are_mended_over_http() {
    let cluster = cluster(&[10, 0]).await;
    let [first, second] = cluster.addresses() else { panic!("two nodes") };
    let fault = |text: &str| format!("POST /sim/faults\n{text}");
    let nodes = "GET /api/v5/nodes";
    let failing = |failure: &str| {
        fault(&format!(r#"{{"type":"http","fault":{{"failure":"{failure}","path":"nodes"}}}}"#))
    };
    for (failure, sign) in [
        ("server_error", "INTERNAL_ERROR"),
        ("unavailable", "503 Service Unavailable"),
        ("login_page", "<form"),
        ("wrong_content_type", "text/plain"),
    ] {
        assert!(send(*first, &failing(failure)).await.unwrap().contains("200 OK"), "{failure}");
        assert!(send(*second, nodes).await.unwrap().contains(sign), "{failure}");
        send(*first, &fault(r#"{"type":"http_mended"}"#)).await.unwrap();
    }
    for failure in ["reset", "truncated", "dropped"] {
        send(*first, &failing(failure)).await.unwrap();
        let whole = send(*second, nodes).await.is_ok_and(|answer| answer.ends_with(']'));
        assert!(!whole, "{failure}");
        send(*first, &fault(r#"{"type":"http_mended"}"#)).await.unwrap();
    }
    assert!(send(*second, nodes).await.unwrap().ends_with(']'));
    let unknown = fault(r#"{"type":"node_killed","node":"nosuch@h"}"#);
    assert!(send(*first, &unknown).await.unwrap().starts_with("HTTP/1.1 400"));
    cluster.stop().await;
}

#[tokio::test]
async fn a_call_to_a_hung_node_is_answered_when_it_goes_on() {
    let cluster = cluster(&[10, 0]).await;
    let (first, second) = (cluster.addresses()[0], cluster.addresses()[1]);
    let hang = r#"{"type":"node_hung","node":"emqx2@127.0.0.1"}"#;
    send(first, &format!("POST /sim/faults\n{hang}")).await.unwrap();
    let asked = tokio::spawn(async move { send(first, "GET /api/v5/nodes").await });
    let local = send(first, "GET /api/v5/load_rebalance/status").await.unwrap();
    assert!(local.contains("disabled"));
    assert!(!asked.is_finished());
    let resume = r#"{"type":"node_resumed","node":"emqx2@127.0.0.1"}"#;
    // The hung node's own port takes it: what breaks things must not break with them.
    send(second, &format!("POST /sim/faults\n{resume}")).await.unwrap();
    assert!(asked.await.unwrap().unwrap().starts_with("HTTP/1.1 200"));
    cluster.stop().await;
}

#[tokio::test]
async fn faults_happen_when_the_schedule_says() {
    let mut config = ClusterConfig::with_clients(&[1, 1]).unwrap();
    let fault = r#"{"at_s":0.2,"fault":{"type":"node_killed","node":"emqx2@127.0.0.1"}}"#;
    config.faults = vec![serde_json::from_str(fault).unwrap()];
    let cluster = Embedded::start(config).await.unwrap();
    let stopped = |answer: &str| answer.contains("\"node_status\":\"stopped\"");
    until(cluster.addresses()[0], "GET /api/v5/nodes", stopped).await;
    assert!(send(cluster.addresses()[1], "GET /api/v5/nodes").await.is_err());
    cluster.stop().await;
}
