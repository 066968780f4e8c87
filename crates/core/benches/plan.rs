//! How long planning takes, by the size of the cluster.
//!
//! `cargo bench -p emqx-rebalance-core`

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use emqx_rebalance_core::{
    EvictRate, LoadBalancer, Mode, NodeLoad, NodeName, PlanOptions, Snapshot, Strategy, plan,
};
use std::hint::black_box;

/// `nodes` nodes of which every fourth is empty and the others hold between 1 and 2 times `load`.
fn cluster(nodes: u64, load: u64) -> Snapshot {
    let node = |i: u64| {
        let connections = if i % 4 == 3 { 0 } else { load + load * (i * 7919 % nodes) / nodes };
        NodeName::new(format!("emqx@n{i}")).map(|name| NodeLoad::new(name, connections))
    };
    let nodes = (0..nodes).map(node).collect::<Result<Vec<_>, _>>();
    nodes.ok().and_then(|nodes| Snapshot::new(nodes).ok()).unwrap_or_else(|| unreachable!())
}

fn tight() -> Strategy {
    let json = r#"{"conn_evict_rate":100,"abs_conn_threshold":1,"rel_conn_threshold":1.0001}"#;
    serde_json::from_str(json).unwrap_or_default()
}

fn single(c: &mut Criterion) {
    let mut group = c.benchmark_group("single");
    for nodes in [4, 10, 100, 1000] {
        let snapshot = cluster(nodes, 3333);
        group.bench_with_input(BenchmarkId::new("plan", nodes), &snapshot, |b, snapshot| {
            b.iter(|| plan(black_box(snapshot), &tight(), &PlanOptions::default()));
        });
    }
    let large = cluster(23, 4_000_000);
    group.bench_function("forecast of 100 million connections on 23 nodes", |b| {
        b.iter(|| plan(black_box(&large), &Strategy::default(), &PlanOptions::default()));
    });
    group.finish();
}

/// Rate 50 makes long runs of the same cluster.
fn level(c: &mut Criterion) {
    let mut group = c.benchmark_group("level");
    group.sample_size(10);
    let strategy = Strategy { conn_evict_rate: EvictRate::at_least_one(50), ..tight() };
    for balancer in LoadBalancer::ALL {
        let load_balancer = Some(balancer);
        let options = PlanOptions { mode: Mode::Level, load_balancer, ..PlanOptions::default() };
        for nodes in [10, 100, 1000] {
            let snapshot = cluster(nodes, 3333);
            let id = BenchmarkId::new(format!("{balancer:?}"), nodes);
            group.bench_with_input(id, &snapshot, |b, snapshot| {
                b.iter(|| plan(black_box(snapshot), &strategy, &options));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, single, level);
criterion_main!(benches);
