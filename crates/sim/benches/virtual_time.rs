//! How fast virtual time runs.

use criterion::{Criterion, criterion_group, criterion_main};
use emqx_rebalance_sim::{ClusterConfig, VirtualCluster};
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

fn virtual_time(criterion: &mut Criterion) {
    assert!(ten_minutes() > 20_000, "the run ended early");
    criterion.bench_function("ten simulated minutes", |b| b.iter(|| black_box(ten_minutes())));
}

criterion_group!(benches, virtual_time);
criterion_main!(benches);
