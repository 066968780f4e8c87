//! Answers that go wrong, reads and commands.

use crate::{CLIENTS, assert_open, cluster, driver, planned};
use emqx_rebalance_core::driver::{Event, OutcomeKind};
use emqx_rebalance_exchange::sansio::Cluster;
use emqx_rebalance_exchange::{Access, Timeouts};
use emqx_rebalance_sim::{Drive, Fault, HttpFailure, HttpFault, Incident, Release, VirtualCluster};
use std::time::Duration;

fn driven(cluster: &mut VirtualCluster, fault: HttpFault) -> Drive {
    let driver = driver(planned(cluster, 4));
    cluster.simulation().inject(&Fault::Http { fault }).unwrap();
    cluster.drive(driver).unwrap()
}

fn starts(drive: &Drive) -> usize {
    drive.events.iter().filter(|(_, event)| matches!(event, Event::Starting { .. })).count()
}

#[test]
fn reads_that_fail_for_a_while_change_nothing() {
    for release in [Release::V4_4, Release::V5_8] {
        for failure in HttpFailure::ALL {
            for path in ["global_status", "nodes", "availability_check"] {
                let mut cluster = cluster(release, CLIENTS);
                // The first answers are those that tell a client what it talks to.
                let driver = driver(planned(&mut cluster, 4));
                let fault = HttpFault::new(failure).of_path(path).times(12);
                let mut begun = false;
                let drive = cluster
                    .drive_with(driver, |cluster, _, step| {
                        let started = |event: &Event| matches!(event, Event::Started { .. });
                        if !begun && step.events.iter().any(started) {
                            begun = true;
                            let fault = Fault::Http { fault: fault.clone() };
                            cluster.simulation().inject(&fault).unwrap();
                        }
                        Incident::None
                    })
                    .unwrap();
                let told = format!("{release:?}, {failure:?} of {path}: {:?}", drive.outcome);
                assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{told}");
            }
        }
    }
}

#[test]
fn a_start_that_was_done_is_found_and_not_repeated() {
    for release in [Release::V4_4_12, Release::V5_3, Release::V5_10] {
        for failure in [
            HttpFailure::Reset,
            HttpFailure::NoAnswer,
            HttpFailure::Truncated,
            HttpFailure::WrongContentType,
            HttpFailure::HugeBody,
        ] {
            let mut cluster = cluster(release, CLIENTS);
            let driver = driver(planned(&mut cluster, 4));
            // Less patience than the run takes.
            let timeouts = Timeouts { start: Duration::from_secs(8), ..Timeouts::default() };
            let asked = Cluster::new(Access { timeouts, ..cluster.access() }).unwrap();
            cluster.ask(asked.connect()).unwrap();
            let fault = HttpFault::new(failure).of_path("/start").times(1);
            cluster.simulation().inject(&Fault::Http { fault }).unwrap();
            let drive = cluster.drive_by(&asked, driver, |_, _, _| Incident::None).unwrap();
            let told = format!("{release:?}, {failure:?}: {:?}", drive.outcome);
            assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{told}");
            assert_eq!(starts(&drive), 1, "{told}");
        }
    }
}

#[test]
fn a_start_that_never_arrived_is_sent_again() {
    for failure in [HttpFailure::Dropped, HttpFailure::Unavailable, HttpFailure::LoginPage] {
        let mut cluster = cluster(Release::V5_8, CLIENTS);
        let drive = driven(&mut cluster, HttpFault::new(failure).of_path("/start").times(1));
        assert_eq!(
            drive.outcome.result,
            OutcomeKind::Completed,
            "{failure:?}: {:?}",
            drive.outcome
        );
        assert_eq!(starts(&drive), 2, "{failure:?}");
    }
}

#[test]
fn a_start_that_fails_for_ever_is_tried_no_more_than_three_times() {
    for failure in [HttpFailure::Dropped, HttpFailure::ServerError, HttpFailure::LoginPage] {
        let mut cluster = cluster(Release::V5_8, CLIENTS);
        let drive = driven(&mut cluster, HttpFault::new(failure).of_path("/start"));
        assert_eq!(drive.outcome.result, OutcomeKind::Refused, "{failure:?}: {:?}", drive.outcome);
        assert!(starts(&drive) <= 3, "{failure:?}: {}", starts(&drive));
        assert_eq!(cluster.simulation().cluster.totals().evicted, 0);
        assert_open(&mut cluster);
    }
}

#[test]
fn a_clock_that_jumps_and_logins_that_end_do_not_matter_to_a_key() {
    for fault in [Fault::TokensExpired, Fault::ClockSkew { seconds: -86_400 }] {
        let mut cluster = cluster(Release::V5_8, CLIENTS);
        let driver = driver(planned(&mut cluster, 4));
        let phase = emqx_rebalance_core::RunPhase::EvictingConns;
        let drive = crate::drive_with_fault(&mut cluster, driver, phase, &fault);
        assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{fault:?}: {:?}", drive.outcome);
    }
}

#[test]
fn nothing_is_started_without_the_scope() {
    let mut config = crate::config(Release::V6, CLIENTS);
    let mut cluster = VirtualCluster::new(config.clone()).unwrap();
    let plan = planned(&mut cluster, 4);
    config.credentials.scopes = Some(vec!["monitoring".to_owned()]);
    let mut limited = VirtualCluster::new(config).unwrap();
    let error = limited.drive(driver(plan)).unwrap_err();
    assert_eq!(error.kind().as_str(), "forbidden");
}
