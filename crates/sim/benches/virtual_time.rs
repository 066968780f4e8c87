//! How fast virtual time runs.

use criterion::{Criterion, criterion_group, criterion_main};
use emqx_rebalance_core::ReconnectProfile;
use emqx_rebalance_sim::{ClusterConfig, Reconnect, VirtualCluster};
use http::Request;
use std::hint::black_box;

/// Ten minutes of four nodes and 100,000 clients: the run lasts for all of it.
fn ten_minutes() -> u64 {
    let clients = [33_333, 33_334, 33_333, 0];
    let Ok(config) = ClusterConfig::with_clients(&clients) else { return 0 };
    let Ok(mut cluster) = VirtualCluster::new(config) else { return 0 };
    let body = br#"{"conn_evict_rate": 14, "abs_conn_threshold": 1, "rel_conn_threshold": 1.0001}"#;
    let start = Request::post("/api/v5/load_rebalance/emqx4@127.0.0.1/start")
        .header("content-type", "application/json")
        .body(body.to_vec());
    let Ok(request) = start else { return 0 };
    if cluster.send(0, request).is_err() {
        return 0;
    }
    cluster.advance_ms(600_000);
    cluster.simulation().cluster.totals().evicted
}

/// A million clients leave one of five nodes, each to come back by itself within a minute.
fn a_million_clients() -> u64 {
    let Ok(mut config) = ClusterConfig::with_clients(&[1_000_000, 0, 0, 0, 0]) else { return 0 };
    let Ok(profile) = ReconnectProfile::new(&[(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 1.0)])
    else {
        return 0;
    };
    config.reconnect = Reconnect::by(profile);
    let Ok(mut cluster) = VirtualCluster::new(config) else { return 0 };
    let body = br#"{"conn_evict_rate": 1000, "wait_health_check": 0, "rel_conn_threshold": 1.001}"#;
    let start = Request::post("/api/v5/load_rebalance/emqx2@127.0.0.1/start")
        .header("content-type", "application/json")
        .body(body.to_vec());
    let Ok(request) = start else { return 0 };
    if cluster.send(0, request).is_err() {
        return 0;
    }
    cluster.advance_ms(1_000_000);
    cluster.simulation().cluster.totals().evicted
}

fn virtual_time(criterion: &mut Criterion) {
    assert!(ten_minutes() > 20_000, "the run ended early");
    criterion.bench_function("ten simulated minutes", |b| b.iter(|| black_box(ten_minutes())));
    assert!(a_million_clients() > 750_000, "the run ended early");
    let mut slow = criterion.benchmark_group("a million clients");
    slow.sample_size(10);
    slow.bench_function("back by a profile", |b| b.iter(|| black_box(a_million_clients())));
    slow.finish();
}

criterion_group!(benches, virtual_time);
criterion_main!(benches);
