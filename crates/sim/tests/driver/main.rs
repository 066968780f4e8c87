//! A driver from its plan to its verdict, through the client side of EMQX's API, in virtual time,
//! against everything that can be broken.

#![cfg(test)]

mod answers;
mod chaos;
mod guards;
mod level;
mod outcomes;
mod restarts;

use emqx_rebalance_core::driver::{Driver, DriverOptions, Event};
use emqx_rebalance_core::{NodeName, Plan, PlanOptions, RunPhase, Strategy, plan};
use emqx_rebalance_exchange::sansio::RunStep;
use emqx_rebalance_sim::{
    ClusterConfig, Drive, Fault, Incident, LoadBalancer, Policy, Release, VirtualCluster,
};

/// Three full nodes and an empty one: some 15 rounds of 20 clients from each.
pub(crate) const CLIENTS: &[u64] = &[300, 300, 300, 0];

pub(crate) fn config(release: Release, clients: &[u64]) -> ClusterConfig {
    let mut config = ClusterConfig::with_clients(clients).unwrap();
    config.personality = release;
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    config
}

pub(crate) fn cluster(release: Release, clients: &[u64]) -> VirtualCluster {
    VirtualCluster::new(config(release, clients)).unwrap()
}

pub(crate) fn strategy() -> Strategy {
    serde_json::from_str(
        r#"{"conn_evict_rate":20,"wait_health_check":3,"wait_takeover":3,
            "abs_conn_threshold":5,"rel_conn_threshold":1.01}"#,
    )
    .unwrap()
}

/// A plan for the cluster as it is, with node `coordinator` (from 1) in charge.
pub(crate) fn planned(cluster: &mut VirtualCluster, coordinator: usize) -> Plan {
    let snapshot = cluster.simulation().cluster.snapshot().unwrap();
    let options = PlanOptions { coordinator: Some(node(coordinator)), ..PlanOptions::default() };
    plan(&snapshot, &strategy(), &options).unwrap()
}

pub(crate) fn driver(plan: Plan) -> Driver {
    Driver::new(plan, DriverOptions::default(), false).unwrap()
}

pub(crate) fn driver_with(plan: Plan, options: &str) -> Driver {
    Driver::new(plan, serde_json::from_str(options).unwrap(), true).unwrap()
}

/// The node of number `i`, from 1.
pub(crate) fn node(i: usize) -> NodeName {
    NodeName::new(format!("emqx{i}@127.0.0.1")).unwrap()
}

pub(crate) fn entered(step: &RunStep, wanted: RunPhase) -> bool {
    step.events.iter().any(|event| matches!(event, Event::Phase { phase, .. } if *phase == wanted))
}

/// Drives, and has `fault` happen once the driver sees the run in `phase`.
pub(crate) fn drive_with_fault(
    cluster: &mut VirtualCluster,
    driver: Driver,
    phase: RunPhase,
    fault: &Fault,
) -> Drive {
    cluster
        .drive_with(driver, |cluster, _, step| {
            if entered(step, phase) {
                cluster.simulation().inject(fault).unwrap();
            }
            Incident::None
        })
        .unwrap()
}

/// No run is left, and every node that lives serves.
pub(crate) fn assert_open(cluster: &mut VirtualCluster) {
    let nodes = cluster.nodes();
    let cluster = &cluster.simulation().cluster;
    assert!(!cluster.is_busy());
    for node in (0..nodes).filter(|node| cluster.is_up(*node)) {
        assert!(cluster.door(node).available, "node {node}");
    }
}
