//! The driver's process dies at every step; another one goes on from its state.

use crate::{CLIENTS, assert_open, cluster, driver, planned};
use emqx_rebalance_core::driver::OutcomeKind;
use emqx_rebalance_sim::{Incident, Release};

#[test]
fn killed_at_any_step_the_outcome_is_the_same() {
    for release in [Release::V4_4, Release::V5_3, Release::V5_10] {
        for death in [Incident::DiesBeforeSending, Incident::DiesAfterSending] {
            let mut steps = usize::MAX;
            let mut at = 0;
            while at < steps {
                steps = driven_to_death(release, death, at);
                at += 1;
            }
            assert!(steps > 20, "only {steps} steps were tried");
        }
    }
}

fn driven_to_death(release: Release, death: Incident, at: usize) -> usize {
    let mut cluster = cluster(release, CLIENTS);
    let driver = driver(planned(&mut cluster, 4));
    let mut step = 0;
    let drive = cluster
        .drive_with(driver, |_, _, _| {
            step += 1;
            if step == at { death } else { Incident::None }
        })
        .unwrap();
    let told = format!("{release:?}, {death:?} at {at}: {:?}", drive.outcome);
    assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{told}");
    assert_open(&mut cluster);
    let evicted = cluster.simulation().cluster.totals().evicted;
    assert!((200..=300).contains(&evicted), "{told}: {evicted} clients were dropped");
    step
}
