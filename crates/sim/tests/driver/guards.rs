//! One scenario for each guard: harm is seen, and EMQX is told to stop.

use crate::{
    CLIENTS, assert_open, cluster, config, drive_with_fault, driver, driver_with, node, planned,
};
use emqx_rebalance_core::RunPhase;
use emqx_rebalance_core::driver::{Driver, Guard, OutcomeKind};
use emqx_rebalance_sim::{Drive, Fault, Reconnect, Release, VirtualCluster};

fn assert_guarded(cluster: &mut VirtualCluster, drive: &Drive, guard: Guard) {
    assert_eq!(drive.outcome.result, OutcomeKind::Aborted, "{:?}", drive.outcome);
    assert_eq!(drive.outcome.guard, Some(guard), "{:?}", drive.outcome);
    // 60 per second for 5 s may be on their way, and two polls must see what is beyond that; EMQX
    // alone would drop all 900.
    assert!(cluster.simulation().cluster.totals().evicted < 540);
    assert!(
        !cluster.simulation().cluster.is_busy()
            || guard == Guard::ForeignRun
            || guard == Guard::Evacuation
    );
}

fn guarded(fault: &Fault, phase: RunPhase, guard: Guard) {
    for release in Release::ALL {
        // Before 4.4.19 `/nodes` counts channels, those of clients that are away among them: nobody
        // can see there who is missing.
        let counts_channels = matches!(release, Release::V4_4_12 | Release::V4_4_17);
        if counts_channels && guard == Guard::ClientsMissing {
            continue;
        }
        let mut cluster = cluster(release, CLIENTS);
        let driver = driver(planned(&mut cluster, 4));
        let drive = drive_with_fault(&mut cluster, driver, phase, fault);
        assert_guarded(&mut cluster, &drive, guard);
    }
}

#[test]
fn a_load_balancer_that_sends_nobody_back() {
    guarded(&Fault::LoadBalancer { down: true }, RunPhase::EvictingConns, Guard::ClientsMissing);
}

#[test]
fn clients_that_take_an_hour_to_come_back() {
    let reconnect = Reconnect { min_ms: 3_600_000, max_ms: 3_600_000, ..Reconnect::default() };
    let fault = Fault::Reconnect { reconnect };
    guarded(&fault, RunPhase::WaitHealthCheck, Guard::ClientsMissing);
}

#[test]
fn a_recipient_that_is_evacuated() {
    let fault = Fault::ForeignEvacuation { node: node(4) };
    guarded(&fault, RunPhase::EvictingConns, Guard::Evacuation);
}

#[test]
fn a_recipient_that_dies_in_a_wait() {
    // EMQX notices only when the wait ends: the guard is quicker than a wait of a minute.
    for release in Release::ALL {
        let mut cluster = cluster(release, &[300, 300, 0, 0]);
        let mut plan = planned(&mut cluster, 3);
        plan.runs[0].strategy.wait_health_check = 60;
        let driver = driver(plan);
        let kill = Fault::NodeKilled { node: node(4) };
        let waiting = RunPhase::WaitHealthCheck;
        let drive = drive_with_fault(&mut cluster, driver, waiting, &kill);
        assert_guarded(&mut cluster, &drive, Guard::NodeDown);
        assert_open(&mut cluster);
        assert!(drive.ended_at.ms_since(drive.began_at) < 15_000);
    }
}

#[test]
fn a_rebalance_of_somebody_else_on_other_nodes() {
    let mut cluster = cluster(Release::V5_8, &[300, 300, 0, 200, 0]);
    let snapshot = cluster.simulation().cluster.snapshot().unwrap();
    let options = emqx_rebalance_core::PlanOptions {
        nodes: Some(vec![node(1), node(2), node(3)]),
        ..Default::default()
    };
    let plan = emqx_rebalance_core::plan(&snapshot, &crate::strategy(), &options).unwrap();
    let driver = driver(plan);
    let nodes = Some(vec![node(4), node(5)]);
    let foreign = Fault::ForeignRun { coordinator: node(5), nodes, strategy: crate::strategy() };
    let drive = drive_with_fault(&mut cluster, driver, RunPhase::EvictingConns, &foreign);
    assert_guarded(&mut cluster, &drive, Guard::ForeignRun);
    // Ours is stopped, theirs is left alone.
    assert!(cluster.simulation().cluster.door(0).available);
    assert!(!cluster.simulation().cluster.door(3).available);
}

#[test]
fn a_recipient_that_fills_up_with_new_clients() {
    let mut config = config(Release::V5_8, CLIENTS);
    let arrivals = Fault::Arrivals { per_s: 50, for_s: 60 };
    config.faults = vec![emqx_rebalance_sim::ScheduledFault::new(1.0, arrivals)];
    let mut cluster = VirtualCluster::new(config).unwrap();
    let plan = planned(&mut cluster, 4);
    let driver: Driver = driver_with(plan, r#"{"max_node_connections":400}"#);
    let drive = cluster.drive(driver).unwrap();
    assert_guarded(&mut cluster, &drive, Guard::RecipientFull);
    assert_open(&mut cluster);
}

#[test]
fn new_clients_alone_are_no_harm() {
    let mut config = config(Release::V5_8, CLIENTS);
    let arrivals = Fault::Arrivals { per_s: 3, for_s: 60 };
    config.faults = vec![emqx_rebalance_sim::ScheduledFault::new(1.0, arrivals)];
    let mut cluster = VirtualCluster::new(config).unwrap();
    let driver = driver(planned(&mut cluster, 4));
    let drive = cluster.drive(driver).unwrap();
    assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{:?}", drive.outcome);
}
