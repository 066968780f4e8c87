//! The job of `examples/rust`, against an embedded cluster.
#![cfg(test)]

#[path = "../../../examples/rust/scale_out.rs"]
#[expect(dead_code, reason = "its `main` reads the environment")]
mod scale_out;

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
use emqx_rebalance_core::driver::{OutcomeKind, Progress};
use emqx_rebalance_core::{EvictRate, Strategy};
use emqx_rebalance_sim::ClusterConfig as SimConfig;
use emqx_rebalance_sim::server::Embedded;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn the_job_levels_a_cluster_makes_its_page_and_then_has_nothing_to_do() {
    let embedded = Embedded::start(SimConfig::with_clients(&[300, 300, 0]).unwrap()).await.unwrap();
    let auth = Auth::ApiKey { key: embedded.api_key(), secret: Secret::new(embedded.api_secret()) };
    let access = ClusterConfig { urls: embedded.urls(), auth, ..ClusterConfig::default() };
    let cluster = Cluster::connect(access).await.unwrap();
    let pace = Strategy {
        conn_evict_rate: EvictRate::at_least_one(100),
        wait_health_check: 1,
        wait_takeover: 1,
        ..Strategy::default()
    };
    let told = AtomicBool::new(false);
    let tell = |progress: &Progress| told.store(progress.moved > 0, Ordering::Relaxed);
    let (outcome, page) = scale_out::level(&cluster, &pace, tell).await.unwrap().unwrap();
    assert!(told.into_inner(), "it says how far it is");
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(page.contains("<h1>Rebalance of 3 nodes</h1>"), "{page}");
    assert_eq!(scale_out::level(&cluster, &pace, |_| ()).await.unwrap(), None);
}
