//! A driver against everything that can go wrong.
#![cfg(test)]

mod course;
mod evacuation;
mod guards;
mod options;
mod pilot;
mod starts;
mod truth;
mod world;

use course::{Kill, Scene, kill_at_every_step};
use emqx_rebalance_core::driver::{
    Ask, Driver, DriverOptions, Event, Input, OutcomeKind, Phase, Purpose, Record,
};
use emqx_rebalance_core::{Error, ErrorKind, RunPhase, Timestamp};
use world::{World, a_plan, name};

fn driver() -> Driver {
    Driver::new(a_plan(), DriverOptions::default(), false).unwrap()
}

fn driver_with(json: &str) -> Driver {
    Driver::new(a_plan(), serde_json::from_str(json).unwrap(), false).unwrap()
}

#[test]
fn a_run_that_ends_at_its_goal_is_completed() {
    let (mut world, mut driver) = (World::new(), driver());
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!((world.a, world.b, world.starts, world.stops), (100, 100, 1, 0));
    assert!(outcome.balance.unwrap().over.abs() < 1e-9);
    let status = driver.status();
    assert_eq!(status.phase, Some(Phase::Completed));
    assert_eq!((status.progress.moved, status.progress.percent), (100, 100.0));
    let phases = world.events.iter().filter_map(|event| match event {
        Event::Phase { phase, .. } => Some(*phase),
        _ => None,
    });
    let expected = [RunPhase::WaitHealthCheck, RunPhase::EvictingConns, RunPhase::WaitTakeover];
    assert_eq!(phases.collect::<Vec<_>>(), expected);
}

#[test]
fn a_run_hidden_for_two_polls_is_not_over() {
    let (mut world, mut driver) = (World::new(), driver());
    world.hide_polls = 2;
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::Completed);
    assert!(world.now.as_ms() > 1_014_000);
}

#[test]
fn a_run_hidden_for_long_is_found_again() {
    let (mut world, mut driver) = (World::new(), driver());
    world.hide_polls = 8;
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(world.stops, 0);
}

#[test]
fn a_run_that_crashes_midway_is_vanished() {
    let (mut world, mut driver) = (World::new(), driver());
    world.crash_at = Some(6);
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Vanished);
    assert!(outcome.detail.contains("before reaching its goal"), "{}", outcome.detail);
    assert_eq!(driver.status().phase, Some(Phase::Failed));
}

#[test]
fn donors_that_stay_closed_are_not_a_success() {
    let (mut world, mut driver) = (World::new(), driver());
    let outcome = world.drive_with(&mut driver, |world, _| {
        world.closed = true;
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Vanished);
    assert!(outcome.detail.contains("not all donors serve"), "{}", outcome.detail);
}

#[test]
fn donors_that_cannot_be_asked_are_named() {
    let (mut world, mut driver) = (World::new(), driver());
    world.own_api_down = true;
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed);
    assert_eq!(outcome.unchecked, [name("a@h")]);
}

#[test]
fn a_run_that_moves_nobody_is_stalled_and_stopped() {
    let (mut world, mut driver) = (World::new(), driver());
    world.stuck = true;
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Stalled);
    assert!(world.stops >= 1 && world.run.is_none());
}

#[test]
fn a_plan_that_takes_too_long_is_stopped() {
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"time_limit_s":6}"#));
    assert_eq!(world.drive(&mut driver).result, OutcomeKind::TimedOut);
    assert!(world.stops >= 1 && world.run.is_none());
}

#[test]
fn the_user_s_stop_reaches_emqx() {
    let (mut world, mut driver) = (World::new(), driver());
    world.stop_at = Some(5);
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Stopped, "{}", outcome.detail);
    assert!(world.stops >= 1 && world.run.is_none());
}

#[test]
fn a_stop_waits_for_no_poll_and_is_not_hurried_by_being_repeated() {
    let (mut world, mut driver) = (World::new(), driver());
    let mut inputs = vec![Input::Tick];
    let mut is_started = false;
    loop {
        let step = driver.step(*world.now(), inputs.pop().unwrap_or(Input::Tick));
        is_started |= step.events.iter().any(|event| matches!(event, Event::Started { .. }));
        if is_started && !step.requests.is_empty() {
            break;
        }
        inputs.extend(step.requests.into_iter().map(|request| world.answer(request)));
        if inputs.is_empty() {
            world.pass(1);
        }
    }
    let step = driver.step(*world.now(), Input::Stop);
    assert!(step.requests.iter().any(|request| matches!(request.ask, Ask::Stop { .. })));
    let again = driver.step(*world.now(), Input::Stop);
    assert!(again.requests.is_empty(), "{:?}", again.requests);
}

#[test]
fn lost_polls_are_no_verdict() {
    let (mut world, mut driver) = (World::new(), driver());
    let outcome = world.drive_with(&mut driver, |world, _| {
        world.reads_down = matches!(world.run, Some(3..9));
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
}

#[test]
fn killed_at_any_step_and_resumed_the_outcome_is_the_same() {
    kill_at_every_step(drive_killed_at);
}

fn drive_killed_at(kill: Kill, kill_at: usize) -> usize {
    let (mut world, mut driver, mut step) = (World::new(), driver(), 0);
    let outcome = world.drive_with(&mut driver, |_, _| {
        step += 1;
        if step == kill_at { kill } else { Kill::No }
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "killed at step {kill_at}");
    assert_eq!((world.a, world.b), (100, 100), "killed at step {kill_at}");
    // Counts the starts that reached EMQX: one that died with its process was never sent.
    assert_eq!(world.starts, 1, "killed at step {kill_at}");
    step
}

#[test]
fn a_step_without_news_asks_for_nothing() {
    let mut driver = driver();
    let now = Timestamp::from_ms(5);
    let first = driver.step(now, Input::Tick);
    assert_eq!(first.requests.len(), 2);
    let second = driver.step(now, Input::Tick);
    assert!(second.requests.is_empty() && second.events.is_empty());
    assert_eq!(second.wake_at, first.wake_at);
    let back = driver.step(Timestamp::from_ms(0), Input::Tick);
    assert_eq!(back.wake_at, first.wake_at);
}

#[test]
fn an_answer_nobody_asked_for_is_dropped() {
    let mut driver = driver();
    let ids: Vec<_> = driver
        .step(Timestamp::from_ms(5), Input::Tick)
        .requests
        .into_iter()
        .map(|r| r.id)
        .collect();
    let mut driver = Driver::restore(driver.state().clone());
    for id in ids {
        let answer = Err(Error::new(ErrorKind::Timeout, "late"));
        let step = driver.step(Timestamp::from_ms(6), Input::Answer { id, answer });
        assert!(step.events.is_empty());
    }
}

#[test]
fn a_plan_that_has_ended_leaves_a_record() {
    let purpose = Purpose { who: Some("ann".into()), reason: Some("scale-out 41".into()) };
    let (mut world, mut driver) = (World::new(), driver().with_purpose(purpose.clone()));
    assert_eq!(driver.record(), None);
    let outcome = world.drive(&mut driver);
    let record = driver.record().unwrap();
    assert_eq!((record.purpose.clone(), record.outcome.clone()), (purpose, outcome));
    assert_eq!((record.moved, record.nodes.len()), (100, 2));
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
}

#[test]
fn weights_that_emqx_does_not_know_count_to_the_end() {
    let mut plan = a_plan();
    plan.fingerprint.nodes[0].weight = Some(3.0);
    let (mut world, mut driver) =
        (World::new(), Driver::new(plan, DriverOptions::default(), false).unwrap());
    let balance = world.drive(&mut driver).balance.unwrap();
    // 100 and 100 clients on nodes of weight 3 and 1: twice its share on the second.
    assert!((balance.over - 1.0).abs() < 1e-9, "{balance:?}");
}

#[test]
fn a_driver_that_was_away_for_a_day_judges_what_has_become_of_the_cluster() {
    let (mut world, mut driver) = (World::new(), driver());
    let mut is_away = false;
    let outcome = world.drive_with(&mut driver, |world, _| {
        if world.run != Some(5) || is_away {
            return Kill::No;
        }
        is_away = true;
        world.pass(86_400);
        Kill::AfterSending
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(world.stops, 0);
}

#[test]
fn a_cluster_that_falls_silent_at_the_end_is_not_judged_by_old_counts() {
    let (mut world, mut driver) = (World::new(), driver());
    world.at(9, |world| world.nodes_down = true);
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::TimedOut, "{}", outcome.detail);
    assert!(outcome.detail.contains("could not be read"), "{}", outcome.detail);
}
