//! The examples' load balancers, the real programs, in front of the embedded cluster.

#![cfg(test)]

mod client;
mod program;

use client::Client;
use emqx_rebalance_sim::ClusterConfig;
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use std::net::SocketAddr;
use tokio::net::TcpStream;

async fn cluster() -> Embedded {
    let config = ClusterConfig::with_clients(&[0, 0, 0]).unwrap();
    let options = ServerOptions { mqtt: Some(MqttOptions::default()), ..Default::default() };
    Embedded::start_on(config, options).await.unwrap()
}

/// The connected clients of every node.
fn counts(cluster: &Embedded) -> [u64; 3] {
    [0, 1, 2].map(|node| cluster.with(|simulation| simulation.cluster.counts(node).connected))
}

/// Connects clients `from`, `from + 1`, …; those that are accepted.
async fn connect(address: SocketAddr, from: u16, count: u16) -> Vec<Client> {
    let mut clients = Vec::new();
    for id in from..from + count {
        let (client, code) = Client::connect(address, id).await.unwrap();
        if code == 0 {
            clients.push(client);
        }
    }
    clients
}

/// Starts a rebalance that stays in `wait_health_check`: nodes 1 and 2 are its donors.
fn close_donors(cluster: &Embedded) {
    let request = http::Request::post("/api/v5/load_rebalance/emqx3@127.0.0.1/start")
        .header("content-type", "application/json")
        .header("authorization", "Basic ZW1xeC1yZWJhbGFuY2U6ZW1iZWRkZWQtY2x1c3Rlcg==")
        .body(br#"{"abs_conn_threshold":1,"rel_conn_threshold":1.01}"#.to_vec())
        .unwrap();
    let answer = cluster.with(|simulation| simulation.answer(2, &request));
    assert!(format!("{answer:?}").contains("status: 200"), "{answer:?}");
}

/// Kills a node and waits until its port refuses connections.
async fn kill(cluster: &Embedded, node: usize) {
    cluster.with(|simulation| simulation.cluster.kill(node));
    while TcpStream::connect(cluster.mqtt_addresses()[node]).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn haproxy_leaves_donors_out_and_their_clients_where_they_are() {
    let cluster = cluster().await;
    let nodes = cluster.mqtt_addresses();
    let haproxy = program::haproxy(nodes, cluster.addresses()).await;
    let mut before = connect(haproxy.address, 0, 30).await;
    assert_eq!(before.len(), 30);
    assert!(counts(&cluster).iter().all(|count| *count >= 8), "{:?}", counts(&cluster));
    let more = [connect(nodes[0], 100, 20).await, connect(nodes[1], 200, 20).await];
    close_donors(&cluster);
    // Its next check finds out; until then the donors get clients too.
    let mut after = Vec::new();
    let mut settled = 0;
    while settled < 6 {
        let third = counts(&cluster)[2];
        after.extend(connect(haproxy.address, 300 + u16::try_from(after.len()).unwrap(), 1).await);
        settled = if counts(&cluster)[2] > third { settled + 1 } else { 0 };
    }
    for client in &mut before {
        assert!(client.ping().await, "it stays while its node is closed");
    }
    drop(more);
}

#[tokio::test]
async fn nginx_goes_round_a_dead_node_but_not_round_a_donor() {
    let cluster = cluster().await;
    let nginx = program::nginx(cluster.mqtt_addresses()).await;
    let mut before = connect(nginx.address, 0, 30).await;
    assert!(counts(&cluster).iter().all(|count| *count >= 8), "{:?}", counts(&cluster));
    kill(&cluster, 1).await;
    let after = connect(nginx.address, 100, 10).await;
    assert_eq!(after.len(), 10, "nobody notices the dead node");
    let first = counts(&cluster)[0];
    let more = connect(cluster.mqtt_addresses()[0], 200, 20).await;
    close_donors(&cluster);
    let donor = connect(nginx.address, 300, 10).await;
    assert!(counts(&cluster)[0] > first + 20, "it goes on sending clients to the donor");
    let mut alive = 0;
    for client in &mut before {
        alive += usize::from(client.ping().await);
    }
    assert_eq!(alive, 20, "those of the two nodes that live");
    drop((more, donor));
}
