//! The TCP load balancer, with real sockets on both sides.

#![cfg(test)]

mod node;

use emqx_rebalance_sim::proxy::{Backend, HealthCheck, Proxy, ProxyConfig};
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, LoadBalancer, Policy};
use node::{Node, call, listener, node};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nodes 0, 1, … and a load balancer that knows of every change within 10 ms.
async fn cluster(nodes: u8, policy: Policy) -> (Vec<Node>, Proxy) {
    let mut cluster = Vec::new();
    for name in 0..nodes {
        cluster.push(node(name).await);
    }
    let backends = cluster.iter().map(|node| node.backend).collect();
    let rules = LoadBalancer::ideal(policy);
    let config = ProxyConfig { backends, rules, ..ProxyConfig::default() };
    (cluster, Proxy::start(config).unwrap())
}

/// The nodes that `count` calls reach, and the connections.
async fn calls(proxy: &Proxy, count: usize) -> (Vec<u8>, Vec<TcpStream>) {
    let (mut names, mut streams) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (stream, name) = call(proxy.address()).await;
        names.push(name);
        streams.push(stream);
    }
    (names, streams)
}

async fn echo(stream: &mut TcpStream) -> u8 {
    stream.write_all(&[42]).await.unwrap();
    stream.read_u8().await.unwrap()
}

#[tokio::test]
async fn a_node_that_closes_keeps_its_connections_and_gets_no_new_ones() {
    let (nodes, proxy) = cluster(3, Policy::RoundRobin).await;
    let (names, mut before) = calls(&proxy, 6).await;
    assert_eq!(names, [0, 1, 2, 0, 1, 2]);
    nodes[1].available.send_replace(false);
    proxy.until(|totals| !totals.backends[1].is_up).await;
    let (names, _streams) = calls(&proxy, 4).await;
    assert_eq!(names, [0, 2, 0, 2]);
    assert_eq!(echo(&mut before[1]).await, 42);
    nodes[1].available.send_replace(true);
    proxy.until(|totals| totals.backends[1].is_up).await;
    let mut names = calls(&proxy, 3).await.0;
    names.sort_unstable();
    assert_eq!(names, [0, 1, 2]);
}

#[tokio::test]
async fn least_connections_fills_the_emptiest() {
    let (_nodes, proxy) = cluster(2, Policy::LeastConnections).await;
    let (names, mut streams) = calls(&proxy, 4).await;
    assert_eq!(names.iter().filter(|name| **name == 0).count(), 2);
    for place in (0..4).rev().filter(|place| names[*place] == 1) {
        drop(streams.remove(place));
    }
    proxy.until(|totals| totals.backends[1].open == 0).await;
    assert_eq!(calls(&proxy, 2).await.0, [1, 1]);
}

#[tokio::test]
async fn random_reaches_every_node() {
    let (_nodes, proxy) = cluster(3, Policy::Random).await;
    _ = calls(&proxy, 60).await;
    let totals = proxy.totals();
    assert!(totals.backends.iter().all(|node| node.routed >= 5), "{totals:?}");
    assert_eq!(totals.accepted, 60);
}

#[tokio::test]
async fn the_last_words_after_a_half_close_still_arrive() {
    let (_nodes, proxy) = cluster(1, Policy::RoundRobin).await;
    let (mut stream, _) = call(proxy.address()).await;
    stream.write_all(b"hello, ").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "hello, bye");
    proxy.until(|totals| totals.backends[0].open == 0).await;
}

#[tokio::test]
async fn more_than_fits_into_any_buffer_arrives_whole() {
    let (_nodes, proxy) = cluster(1, Policy::RoundRobin).await;
    let (stream, _) = call(proxy.address()).await;
    let (mut from, mut to) = stream.into_split();
    let sent: Vec<u8> = (0..8_000_000_u32).map(|i| i.to_le_bytes()[i as usize % 3]).collect();
    let copy = sent.clone();
    let sending = tokio::spawn(async move {
        to.write_all(&copy).await.unwrap();
        // Nobody reads yet, so that buffers on the way fill up first.
        to
    });
    let mut received = vec![0; sent.len()];
    from.read_exact(&mut received).await.unwrap();
    assert!(received == sent);
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn with_the_fault_nobody_comes_back_and_the_others_stay() {
    let (_nodes, proxy) = cluster(2, Policy::RoundRobin).await;
    let (mut stays, _) = call(proxy.address()).await;
    proxy.send_nobody(true);
    let mut lost = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(lost.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(echo(&mut stays).await, 42);
    proxy.send_nobody(false);
    call(proxy.address()).await;
    let totals = proxy.totals();
    assert_eq!((totals.sent_nowhere, totals.accepted), (1, 3));
}

#[tokio::test]
async fn without_a_node_that_is_up_connections_are_closed() {
    let (nodes, proxy) = cluster(1, Policy::RoundRobin).await;
    nodes[0].available.send_replace(false);
    proxy.until(|totals| !totals.backends[0].is_up).await;
    let mut lost = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(lost.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(proxy.totals().unrouted, 1);
}

#[tokio::test]
async fn a_dead_port_is_counted_and_its_failing_checks_close_it() {
    let dead = listener().await.local_addr().unwrap();
    let rules = LoadBalancer { check_interval_ms: 20, fall: 3, ..LoadBalancer::default() };
    let backends = vec![Backend { mqtt: dead, http: dead }];
    let config = ProxyConfig { backends, rules, ..ProxyConfig::default() };
    let proxy = Proxy::start(config).unwrap();
    let mut lost = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(lost.read(&mut [0]).await.unwrap(), 0);
    let totals = proxy.until(|totals| !totals.backends[0].is_up).await;
    assert_eq!((totals.rounds, totals.backends[0].failed_checks), (3, 3));
    assert_eq!(totals.backends[0].unreachable, 1);
}

#[tokio::test]
async fn stopping_closes_the_port_and_every_connection() {
    let (_nodes, proxy) = cluster(1, Policy::RoundRobin).await;
    let address = proxy.address();
    let (mut stream, _) = call(address).await;
    proxy.stop().await;
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn no_backend_and_a_taken_port_are_errors() {
    let error = Proxy::start(ProxyConfig::default()).unwrap_err();
    assert_eq!(error.kind().as_str(), "config_invalid");
    let (nodes, proxy) = cluster(1, Policy::RoundRobin).await;
    let config = ProxyConfig {
        address: proxy.address(),
        backends: vec![nodes[0].backend],
        ..ProxyConfig::default()
    };
    assert_eq!(Proxy::start(config).unwrap_err().kind().as_str(), "unreachable");
}

/// The checks hold against the embedded cluster too, whose donors close for a rebalance.
#[tokio::test]
async fn a_donor_of_the_embedded_cluster_is_left_out() {
    let cluster = Embedded::start(ClusterConfig::with_clients(&[40, 0]).unwrap()).await.unwrap();
    let (first, second) = (node(0).await, node(1).await);
    let mut backends = vec![first.backend, second.backend];
    for (backend, http) in backends.iter_mut().zip(cluster.addresses()) {
        backend.http = *http;
    }
    let check = HealthCheck::default().with_api_key(&cluster.api_key(), &cluster.api_secret());
    assert!(!format!("{check:?}").contains("Basic"), "no secret in any text");
    let rules = LoadBalancer { check_interval_ms: 20, ..LoadBalancer::default() };
    let config = ProxyConfig { backends, rules, check, ..ProxyConfig::default() };
    let proxy = Proxy::start(config).unwrap();
    assert_eq!(calls(&proxy, 2).await.0, [0, 1]);
    cluster.with(|simulation| {
        let request = http::Request::post("/api/v5/load_rebalance/emqx2@127.0.0.1/start")
            .header("content-type", "application/json")
            .header("authorization", "Basic ZW1xeC1yZWJhbGFuY2U6ZW1iZWRkZWQtY2x1c3Rlcg==")
            .body(br#"{"abs_conn_threshold":2,"rel_conn_threshold":1.01}"#.to_vec())
            .unwrap();
        let answer = simulation.answer(0, &request);
        assert!(format!("{answer:?}").contains("status: 200"), "{answer:?}");
    });
    let totals = proxy.until(|totals| !totals.backends[0].is_up).await;
    assert!(totals.backends[1].is_up);
    assert_eq!(calls(&proxy, 2).await.0, [1, 1]);
    cluster.stop().await;
}
