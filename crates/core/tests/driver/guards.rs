//! What stops a run that does harm.

use super::world::{World, entry, name};
use super::{driver, driver_with};
use emqx_rebalance_core::RunPhase;
use emqx_rebalance_core::driver::{Driver, Event, Guard, OutcomeKind};

/// The guard that stopped the run, which must have been told to stop within two polls.
fn guarded(world: &mut World, driver: &mut Driver) -> Guard {
    let outcome = world.drive(driver);
    assert_eq!(outcome.result, OutcomeKind::Aborted, "{}", outcome.detail);
    assert!(world.run.is_none() && !world.closed && world.stops >= 1);
    outcome.guard.unwrap()
}

#[test]
fn clients_that_do_not_come_back_stop_the_run_before_half_of_them_are_gone() {
    let (mut world, mut driver) = (World::new(), driver());
    world.nobody_returns = true;
    assert_eq!(guarded(&mut world, &mut driver), Guard::ClientsMissing);
    // 10 per second for 5 s are on their way at any time; two polls see what is beyond that.
    assert!(world.a >= 200 - 80, "{} left of 200", world.a);
}

#[test]
fn without_the_guard_the_same_cluster_loses_its_clients() {
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"max_missing_percent":100}"#));
    world.nobody_returns = true;
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Vanished);
    assert_eq!((world.a, world.b), (100, 0));
}

#[test]
fn clients_that_take_their_time_do_not_trip_the_guard() {
    let (mut world, mut driver) = (World::new(), driver());
    world.travelling = 40;
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
}

#[test]
fn a_foreign_run_that_appears_stops_ours() {
    let (mut world, mut driver) = (World::new(), driver());
    world.at(5, |world| {
        world.foreign = vec![entry("c@h", "c@h", "d@h", RunPhase::EvictingConns)];
    });
    assert_eq!(guarded(&mut world, &mut driver), Guard::ForeignRun);
}

#[test]
fn an_evacuation_that_appears_stops_the_run() {
    let (mut world, mut driver) = (World::new(), driver());
    world.at(5, |world| world.evacuated = Some(name("b@h")));
    assert_eq!(guarded(&mut world, &mut driver), Guard::Evacuation);
}

#[test]
fn a_recipient_that_goes_down_in_a_wait_stops_the_run() {
    // EMQX itself would wait to the end of the phase, with the donors closed all the time.
    let (mut world, mut driver) = (World::new(), driver());
    world.at(0, |world| world.down = Some(name("b@h")));
    assert_eq!(guarded(&mut world, &mut driver), Guard::NodeDown);
    assert_eq!(world.a, 200);
}

#[test]
fn a_recipient_that_fills_up_stops_the_run() {
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"max_node_connections":30}"#));
    assert_eq!(guarded(&mut world, &mut driver), Guard::RecipientFull);
    assert!(world.b <= 60, "{}", world.b);
    let (mut world, mut driver) = (World::new(), self::driver());
    world.max_fds = Some(34);
    assert_eq!(guarded(&mut world, &mut driver), Guard::RecipientFull);
}

#[test]
fn a_guard_must_see_it_twice() {
    let (mut world, mut driver) = (World::new(), driver());
    world.at(5, |world| world.down = Some(name("b@h")));
    world.at(6, |world| world.down = None);
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Completed);
}

#[test]
fn a_cluster_that_parts_from_the_forecast_is_told_once() {
    let (mut world, mut driver) = (World::new(), driver());
    world.stuck = true;
    world.drive(&mut driver);
    let drifts = world.events.iter().filter(|event| matches!(event, Event::Drifted { .. }));
    assert_eq!(drifts.count(), 1);
}

/// Who stores a large plan may leave its curve out; then nothing is expected, rather than nothing
/// forecast.
#[test]
fn without_the_curve_nothing_is_said_of_the_forecast() {
    let (mut world, driver) = (World::new(), driver());
    let mut state = driver.state().clone();
    state.leave_out_curves();
    let mut driver = Driver::restore(state);
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Completed);
    assert!(!world.events.iter().any(|event| matches!(event, Event::Drifted { .. })));
}
