//! What is said must be true: totals, nodes that are not known, time, and other people's runs.

use super::course::{Kill, Loss, Scene};
use super::world::{World, a_plan, entry, name};
use super::{driver, driver_with};
use emqx_rebalance_core::driver::{
    Answer, Ask, Driver, DriverOptions, Event, Guard, Input, OutcomeKind, Step, StoredRebalance,
};
use emqx_rebalance_core::{Error, ErrorKind, NodeStatus, RefusalReason, RunPhase, Timestamp};

#[test]
fn clients_that_are_nowhere_are_no_success() {
    // Within the grace of the guard to the end: 10 % of 200 clients, and 5 more than that.
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"reconnect_grace_s":20}"#));
    world.at(3, |world| world.b = 0);
    world.at(4, |world| world.nobody_returns = true);
    world.at(5, |world| world.nobody_returns = false);
    world.at(11, |world| world.b -= 15);
    let outcome = world.drive(&mut driver);
    let now = world.a + world.b;
    assert!(200 - now > 20, "{now}");
    assert!(!outcome.result.is_success(), "{outcome:?}");
    assert_eq!(outcome.missing, Some(200 - now), "{outcome:?}");
    let said = format!("{} of 200 clients are missing", 200 - now);
    assert!(outcome.detail.contains(&said), "{}", outcome.detail);
}

#[test]
fn the_users_limit_holds_when_nothing_is_dropped_any_more() {
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"max_missing_percent":5}"#));
    world.at(12, |world| (world.a, world.b) = (world.a - 5, world.b - 6));
    let outcome = world.drive(&mut driver);
    assert!(!outcome.result.is_success(), "{outcome:?}");
    assert_eq!(outcome.missing, Some(11));
    let (mut world, mut driver) = (World::new(), driver_with(r#"{"max_missing_percent":6}"#));
    world.at(12, |world| (world.a, world.b) = (world.a - 5, world.b - 6));
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
    assert!(outcome.detail.contains("11 of 200 clients are missing"), "{}", outcome.detail);
}

#[test]
fn every_verdict_counts_the_missing() {
    let (mut world, mut driver) = (World::new(), driver());
    let outcome = world.drive(&mut driver);
    assert_eq!((outcome.missing, outcome.unknown.len()), (Some(0), 0));
    assert_eq!(driver.status().missing, Some(0));
    assert!(outcome.read_at_ms.is_some_and(|at| at <= world.now.as_ms()));
}

#[test]
fn a_node_that_is_not_known_for_a_while_is_neither_down_nor_empty() {
    for node in ["a@h", "b@h"] {
        let (mut world, mut driver) = (World::new(), driver());
        let outcome = world.drive_with(&mut driver, |world, driver| {
            world.unknown = matches!(world.run, Some(4..9)).then(|| name(node));
            let status = driver.status();
            if let Some(load) = status.nodes.iter().find(|l| l.status == NodeStatus::Unknown) {
                assert!(load.read_at_ms.is_some_and(|at| at < world.now.as_ms()), "{load:?}");
                assert!(load.connections > 0, "{load:?}");
                assert_eq!(status.missing, None);
            }
            Kill::No
        });
        assert_eq!(outcome.result, OutcomeKind::Completed, "{node}: {outcome:?}");
        assert_eq!(world.stops, 0);
    }
}

#[test]
fn what_a_node_that_is_not_known_has_come_to_is_not_known() {
    for (at, result) in [(8, OutcomeKind::Aborted), (12, OutcomeKind::TimedOut)] {
        let (mut world, mut driver) = (World::new(), driver());
        let mut has_begun = false;
        let outcome = world.drive_with(&mut driver, |world, _| {
            has_begun |= world.run == Some(at);
            world.unknown = has_begun.then(|| name("b@h"));
            Kill::No
        });
        assert_eq!(outcome.result, result, "{outcome:?}");
        assert_eq!((outcome.missing, outcome.balance), (None, None));
        assert_eq!(outcome.unknown, [name("b@h")]);
        assert!(outcome.detail.contains("b@h"), "{}", outcome.detail);
        assert!(!outcome.detail.contains("come back"), "{}", outcome.detail);
    }
}

#[test]
fn a_run_whose_coordinator_is_not_heard_is_not_gone() {
    let (mut world, mut driver) = (World::new(), driver());
    let outcome = world.drive_with(&mut driver, |world, _| {
        let is_hung = matches!(world.run, Some(4..9));
        world.unknown = is_hung.then(|| name("b@h"));
        world.hide_polls = if is_hung { 1 } else { 0 };
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
    assert!(world.events.iter().filter(|event| matches!(event, Event::Gone { .. })).count() == 1);
}

#[test]
fn a_key_that_is_not_taken_any_more_ends_in_no_verdict_and_is_gone_on_from() {
    let (mut world, mut driver) = (World::new(), driver());
    world.at(4, |world| world.denied = true);
    let outcome = world.drive_with(&mut driver, |world, driver| {
        if world.denied && driver.status().unread.is_some() {
            assert_eq!(driver.status().missing, None);
        }
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::TimedOut, "{outcome:?}");
    assert_eq!(outcome.cause.as_ref().unwrap().kind, "unauthorized");
    assert_eq!((outcome.balance, outcome.missing), (None, None));
    assert!(outcome.detail.contains("could not be read for 30 s"), "{}", outcome.detail);
    assert_eq!(driver.status().unread.unwrap().cause.kind, "unauthorized");
    world.denied = false;
    let mut driver = Driver::restore(driver.state().clone());
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
}

#[test]
fn a_start_that_arrives_late_is_found_before_any_verdict() {
    for refusal in [
        RefusalReason::AlreadyStarted,
        RefusalReason::NodesUnavailable { nodes: vec!["a@h".into()] },
        RefusalReason::EvictionAgentBusy { nodes: vec![] },
    ] {
        let (mut world, mut driver) = (World::new(), driver());
        world.lose_starts = vec![Loss::BeforeEmqx];
        world.late_start = Some(refusal.clone());
        let outcome = world.drive(&mut driver);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{refusal:?}: {outcome:?}");
        assert_eq!((world.a, world.b), (100, 100));
    }
}

#[test]
fn a_start_that_arrives_after_it_was_given_up_is_stopped() {
    let (mut world, mut driver) = (World::new(), driver());
    world.lose_starts = vec![Loss::BeforeEmqx; 3];
    let mut ends = 0;
    let outcome = world.drive_with(&mut driver, |world, driver| {
        if driver.status().runs[0].state.as_str() == "refused" {
            ends += 1;
            if ends == 1 {
                world.run = Some(0);
                world.closed = true;
            }
        }
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Refused, "{outcome:?}");
    assert!(world.run.is_none() && world.stops >= 1, "{outcome:?}");
}

#[test]
fn a_clock_that_is_behind_the_state_does_not_stop_the_watching() {
    for behind_s in [40, 86_400, 3 * 365 * 86_400] {
        let (mut world, mut driver) = (World::new(), driver());
        world.now = Timestamp::from_ms(1_000_000_000_000);
        let mut is_killed = false;
        let outcome = world.drive_with(&mut driver, |world, _| {
            if is_killed || world.run != Some(5) {
                return Kill::No;
            }
            is_killed = true;
            world.now = Timestamp::from_ms(world.now.as_ms() - behind_s * 1000);
            world.nobody_returns = true;
            Kill::AfterSending
        });
        assert_eq!(outcome.guard, Some(Guard::ClientsMissing), "{behind_s}: {outcome:?}");
        assert!(world.run.is_none());
    }
}

#[test]
fn a_clock_that_jumps_while_a_run_is_on_is_no_verdict() {
    let jumps: [fn(u64) -> u64; 3] =
        [|ms| ms - 600_000, |ms| ms + 86_400_000, |ms| ms + 365 * 86_400_000];
    for jump in jumps {
        let (mut world, mut driver) = (World::new(), driver());
        world.now = Timestamp::from_ms(1_000_000_000_000);
        let mut has_jumped = false;
        let outcome = world.drive_with(&mut driver, |world, _| {
            if !has_jumped && world.run == Some(5) {
                has_jumped = true;
                world.now = Timestamp::from_ms(jump(world.now.as_ms()));
            }
            Kill::No
        });
        assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
        assert_eq!(world.stops, 0);
    }
}

#[test]
fn what_emqx_has_stopped_for_us_is_somebody_elses_from_then_on() {
    let (mut world, mut driver) = (World::new(), driver());
    world.stop_at = Some(5);
    world.closed_after_stop = true;
    let outcome = world.drive_with(&mut driver, |world, _| {
        // Somebody starts the very same a few seconds after EMQX has answered our stop.
        if world.stops == 1 && world.foreign.is_empty() {
            world.pass(4);
            world.foreign = vec![entry("b@h", "a@h", "b@h", RunPhase::EvictingConns)];
        }
        Kill::No
    });
    assert_eq!(world.stops, 1, "{outcome:?}");
    assert_eq!(outcome.result, OutcomeKind::Stopped);
}

#[test]
fn recipients_that_end_uneven_break_the_promise_although_their_average_is_right() {
    let (mut plan, mut world) = (a_plan(), World::new());
    // Two recipients, of which the balancer serves one.
    let mut twin = plan.forecast.end[1].clone();
    twin.node = name("c@h");
    plan.forecast.end[0].connections = 67;
    plan.forecast.end[1].connections = 67;
    twin.connections = 67;
    plan.forecast.end.push(twin);
    plan.runs[0].nodes.push(name("c@h"));
    plan.runs[0].recipients.push(name("c@h"));
    world.twin = Some(0);
    world.at(11, |world| (world.a, world.b) = (world.a - 33, world.b + 33));
    let mut driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Vanished, "{outcome:?}");
    assert!(outcome.detail.contains("where 67/67 was forecast"), "{}", outcome.detail);
    assert!(outcome.detail.contains("the load balancer seems to send"), "{}", outcome.detail);
}

#[test]
fn a_state_of_another_version_is_not_gone_on_with() {
    let mut state = serde_json::to_value(driver().state()).unwrap();
    state["version"] = 2.into();
    let error = serde_json::from_value::<StoredRebalance>(state).unwrap_err().to_string();
    assert!(error.contains("`version` is `2` but must be 1"), "{error}");
}

#[test]
fn numbers_of_a_file_do_not_overflow() {
    let (mut world, mut driver) = (World::new(), driver());
    let _ = world.drive_with(&mut driver, |world, driver| {
        if world.run != Some(5) {
            return Kill::No;
        }
        let mut state = serde_json::to_value(driver.state()).unwrap();
        for pointer in ["/watch/next_id", "/watch/paused_ms", "/watch/now", "/watch/changed_at"] {
            let mut changed = state.clone();
            *changed.pointer_mut(pointer).unwrap() = u64::MAX.into();
            let mut driver =
                Driver::restore(serde_json::from_value::<StoredRebalance>(changed).unwrap());
            let _ = driver.step(world.now, Input::Tick);
            let _ = driver.step(world.now.plus_ms(5_000), Input::Tick);
            let _ = (driver.status(), driver.record());
        }
        for pointer in ["/plan/forecast/duration_s", "/plan/forecast/conn_evict_s"] {
            *state.pointer_mut(pointer).unwrap() = u64::MAX.into();
        }
        let mut driver = Driver::restore(serde_json::from_value::<StoredRebalance>(state).unwrap());
        let _ = driver.step(world.now, Input::Tick);
        let _ = (driver.status(), driver.record());
        Kill::No
    });
}

/// Answers that are slow make polls that follow each other at once; they say little of how long
/// something was not there.
#[test]
fn polls_that_come_at_once_after_a_slow_one_are_no_evidence() {
    let mut driver = driver();
    let mut now = Timestamp::from_ms(1_000_000);
    let mut world = World::new();
    let mut open: Vec<Step> = vec![driver.step(now, Input::Tick)];
    let mut gone = false;
    // Started and seen once.
    for _ in 0..8 {
        let requests: Vec<_> = open.drain(..).flat_map(|step| step.requests).collect();
        for request in requests {
            let answer = world.answer(request);
            open.push(driver.step(now, answer));
        }
        if open.iter().all(|step| step.requests.is_empty()) {
            now = now.plus_ms(1000);
            open.push(driver.step(now, Input::Tick));
        }
    }
    // A poll takes 15 s, in whose last moment the run is not shown; two more follow within a second.
    world.hide_polls = 3;
    for wait_ms in [15_000, 300, 300] {
        now = now.plus_ms(1000);
        let requests = driver.step(now, Input::Tick).requests;
        now = now.plus_ms(wait_ms - 1000.min(wait_ms));
        for request in requests {
            let answer = world.answer(request);
            let step = driver.step(now, answer);
            gone |= step.events.iter().any(|event| matches!(event, Event::Gone { .. }));
        }
        if wait_ms < 1000 {
            now = now.plus_ms(wait_ms);
        }
    }
    assert!(!gone);
}

#[test]
fn a_denied_read_before_anything_was_started_is_a_refusal() {
    let (mut world, mut driver) = (World::new(), driver());
    world.denied = true;
    let outcome = world.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert_eq!(world.starts, 0);
}

pub(super) fn denied(ask: &Ask) -> Result<Answer, Error> {
    Err(Error::new(ErrorKind::Unauthorized, "EMQX does not take the API key")
        .with("ask", format!("{ask:?}")))
}
