//! `/stats` trails `/nodes` by up to a second, as in recording 08_lag.

#![cfg(test)]

use emqx_rebalance_sim::{ClusterConfig, LoadBalancer, Policy, Reconnect, VirtualCluster};
use http::Request;
use serde_json::Value;

fn get(cluster: &mut VirtualCluster, path: &str) -> Value {
    let answer = cluster.send(0, Request::get(path).body(Vec::new()).unwrap()).unwrap();
    serde_json::from_slice(answer.body()).unwrap()
}

#[test]
fn nodes_are_live_and_stats_a_second_old() {
    let mut config = ClusterConfig::with_clients(&[300, 0]).unwrap();
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    config.reconnect = Reconnect::immediate();
    let mut cluster = VirtualCluster::new(config).unwrap();
    cluster.advance_ms(2300);
    let start = Request::post("/api/v5/load_rebalance/emqx2@127.0.0.1/start")
        .header("content-type", "application/json")
        .body(br#"{"wait_health_check":0,"conn_evict_rate":50,"abs_conn_threshold":1}"#.to_vec())
        .unwrap();
    assert_eq!(cluster.send(0, start).unwrap().status(), 200);
    cluster.advance_ms(100);
    assert_eq!(get(&mut cluster, "/api/v5/nodes")[1]["live_connections"], 50);
    let stats = "/api/v5/nodes/emqx2@127.0.0.1/stats";
    assert_eq!(get(&mut cluster, stats)["live_connections.count"], 0);
    cluster.advance_ms(600);
    assert_eq!(get(&mut cluster, stats)["live_connections.count"], 50);
    let all = get(&mut cluster, "/api/v5/stats?aggregate=true");
    assert_eq!(all["live_connections.count"], 300);
}
