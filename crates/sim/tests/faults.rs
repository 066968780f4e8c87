//! What recordings say in words only: faults and collisions that no file of requests covers.

#![cfg(test)]

use emqx_rebalance_sim::{ClusterConfig, Release, VirtualCluster};
use http::{Request, Response};

fn cluster(clients: &[u64], release: Release) -> VirtualCluster {
    let mut config = ClusterConfig::with_clients(clients).unwrap();
    config.personality = release;
    VirtualCluster::new(config).unwrap()
}

fn post(cluster: &mut VirtualCluster, path: &str, body: &str) -> Response<Vec<u8>> {
    let request = Request::post(format!("/api/v5/load_rebalance/{path}"))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap();
    cluster.send(0, request).unwrap()
}

fn get(cluster: &mut VirtualCluster, via: usize, path: &str) -> Response<Vec<u8>> {
    let request = Request::get(format!("/api/v5/load_rebalance/{path}")).body(Vec::new()).unwrap();
    cluster.send(via, request).unwrap()
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}

const START: &str = r#"{"abs_conn_threshold": 1, "conn_evict_rate": 1}"#;

#[test]
fn the_eleventh_crash_within_an_hour_switches_the_application_off() {
    let mut cluster = cluster(&[100, 0, 0], Release::V5_3);
    assert_eq!(post(&mut cluster, "emqx1@127.0.0.1/start", START).status(), 200);
    for crash in 1..=11 {
        let answer = post(&mut cluster, "emqx2@127.0.0.1/start", START);
        assert_eq!(answer.status(), 500, "{crash}");
        assert!(text(&answer).contains("already_enabled"), "{crash}");
    }
    assert!(text(&post(&mut cluster, "emqx2@127.0.0.1/start", START)).contains("noproc"));
    assert_eq!(get(&mut cluster, 1, "status").status(), 500);
    assert_eq!(get(&mut cluster, 1, "availability_check").status(), 500);
    assert_eq!(get(&mut cluster, 1, "global_status").status(), 200);
    assert_eq!(get(&mut cluster, 0, "status").status(), 200);
    let simulation = cluster.simulation();
    assert!(simulation.cluster.door(1).accepts, "clients do not notice");
    simulation.cluster.kill(1);
    simulation.cluster.restart(1);
    cluster.advance_ms(10_000);
    assert_eq!(get(&mut cluster, 1, "status").status(), 200, "a restart heals");
}

#[test]
fn crashes_an_hour_ago_are_forgotten() {
    let mut cluster = cluster(&[100, 0, 0], Release::V5_8);
    let slow = r#"{"abs_conn_threshold": 1, "conn_evict_rate": 1, "wait_health_check": "10h"}"#;
    assert_eq!(post(&mut cluster, "emqx1@127.0.0.1/start", slow).status(), 200);
    for _ in 0..30 {
        let answer = post(&mut cluster, "emqx2@127.0.0.1/start", START);
        assert!(text(&answer).contains("invalid_coordinator"));
        cluster.advance_ms(400_000);
    }
}

#[test]
fn donors_refuse_clients_while_waiting_only_before_5_4() {
    for (release, accepts) in [(Release::V5_3, false), (Release::V5_8, true)] {
        let mut cluster = cluster(&[100, 0], release);
        assert_eq!(post(&mut cluster, "emqx2@127.0.0.1/start", START).status(), 200);
        let door = |cluster: &mut VirtualCluster| cluster.simulation().cluster.door(0);
        assert_eq!(door(&mut cluster).accepts, accepts);
        assert!(!door(&mut cluster).available);
        cluster.advance_ms(60_000);
        assert!(!door(&mut cluster).accepts);
    }
}

#[test]
fn an_evacuation_of_a_donor_dies_when_its_wait_ends_in_5_3() {
    let mut cluster = cluster(&[100, 0], Release::V5_3);
    assert_eq!(post(&mut cluster, "emqx2@127.0.0.1/start", START).status(), 200);
    let short = r#"{"wait_health_check": 1}"#;
    assert_eq!(post(&mut cluster, "emqx1@127.0.0.1/evacuation/start", short).status(), 200);
    assert!(text(&get(&mut cluster, 0, "status")).contains("waiting_health_check"));
    cluster.advance_ms(1000);
    let status = text(&get(&mut cluster, 0, "status"));
    assert!(status.contains("\"wait_health_check\""), "{status}");
}

#[test]
fn clients_that_do_not_come_back_do_not_stop_a_run() {
    let mut config = ClusterConfig::with_clients(&[500, 500, 500, 0]).unwrap();
    (config.reconnect.min_ms, config.reconnect.max_ms) = (3_600_000, 3_600_000);
    let mut cluster = VirtualCluster::new(config).unwrap();
    let body = r#"{"abs_conn_threshold": 1, "conn_evict_rate": 50, "wait_health_check": 0}"#;
    assert_eq!(post(&mut cluster, "emqx4@127.0.0.1/start", body).status(), 200);
    cluster.advance_ms(60_000);
    // The recipients' average stays 0, so EMQX evicts until the donors are empty too.
    assert_eq!(cluster.simulation().cluster.totals().evicted, 1500);
}
