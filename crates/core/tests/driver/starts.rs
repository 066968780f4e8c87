//! What a driver does before and while it starts.

use super::course::{Kill, Loss, Scene};
use super::driver;
use super::world::{World, a_plan, entry};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Event, OutcomeKind};
use emqx_rebalance_core::{ErrorKind, Finding, FindingCode, RefusalReason, RunPhase, Severity};

#[test]
fn a_start_whose_answer_is_lost_is_looked_up_first() {
    for loss in [Loss::AfterEmqx, Loss::BeforeEmqx] {
        let (mut world, mut driver) = (World::new(), driver());
        world.lose_starts = vec![loss];
        let outcome = world.drive(&mut driver);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{loss:?}: {}", outcome.detail);
        assert_eq!(world.starts, if loss == Loss::AfterEmqx { 1 } else { 2 });
        assert!(world.events.iter().any(|e| matches!(e, Event::StartDoubtful { .. })));
    }
}

#[test]
fn no_more_than_three_starts_an_hour() {
    let (mut world, mut driver) = (World::new(), driver());
    world.lose_starts = vec![Loss::BeforeEmqx; 10];
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert_eq!(world.starts, 3);
    assert_eq!(outcome.cause.unwrap().kind, "timeout");
}

#[test]
fn a_start_that_failed_inside_emqx_is_never_repeated() {
    let (mut world, mut driver) = (World::new(), driver());
    world.refuse_start = Some(RefusalReason::RpcFailed { nodes: vec![] });
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Refused);
    assert_eq!(world.starts, 1);
}

#[test]
fn nothing_to_balance_is_a_success() {
    let (mut world, mut driver) = (World::new(), driver());
    world.refuse_start = Some(RefusalReason::NothingToBalance);
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::AlreadyBalanced);
    assert_eq!(world.starts, 1);
}

#[test]
fn a_foreign_run_is_neither_adopted_nor_stopped() {
    let (mut world, mut driver) = (World::new(), driver());
    world.foreign = vec![entry("b@h", "c@h", "d@h", RunPhase::EvictingConns)];
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert_eq!(outcome.cause.unwrap().kind, "conflict");
    assert_eq!((world.starts, world.stops), (0, 0));
}

#[test]
fn a_cluster_that_does_not_answer_is_not_started() {
    let (mut world, mut driver) = (World::new(), driver());
    world.reads_down = true;
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Refused);
    assert_eq!(world.starts, 0);
}

#[test]
fn a_plan_with_an_error_needs_force() {
    let mut plan = a_plan();
    plan.findings.push(Finding::new(Severity::Error, FindingCode::Overshoot, "too fast"));
    let error = Driver::new(plan.clone(), DriverOptions::default(), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(Driver::new(plan, DriverOptions::default(), true).is_ok());
}

#[test]
fn a_run_that_came_and_went_while_its_start_was_in_doubt_is_not_started_again() {
    let (mut world, mut driver) = (World::new(), driver());
    world.lose_starts = vec![Loss::AfterEmqx];
    let mut is_first = true;
    let outcome = world.drive_with(&mut driver, |world, driver| {
        let was_asked = driver.status().runs[0].state.as_str() == "starting" && world.run.is_some();
        if was_asked && std::mem::take(&mut is_first) {
            world.pass(60);
        }
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!((world.a, world.b, world.starts), (100, 100, 1));
}
