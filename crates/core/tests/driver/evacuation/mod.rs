//! An evacuation against everything that can go wrong.

mod town;

use crate::course::{Kill, Loss, drive, kill_at_every_step};
use crate::world::{entry, name};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Event, Guard, OutcomeKind, Phase};
use emqx_rebalance_core::{
    ErrorKind, EvacuationState, Finding, FindingCode, RefusalReason, RunPhase, Severity,
};
use town::{Town, a_plan, evacuator};

#[test]
fn an_empty_node_is_safe_to_stop_and_stays_closed() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    for words in ["empty, safe to stop", "until the evacuation is stopped"] {
        assert!(outcome.detail.contains(words), "{}", outcome.detail);
    }
    assert_eq!((town.a, town.sessions, town.starts, town.stops), (0, 0, 1, 0));
    assert!(matches!(town.evacuation, Some((EvacuationState::Prohibiting, _))));
    let status = driver.status();
    assert_eq!(status.phase, Some(Phase::Completed));
    assert_eq!(status.runs[0].state.as_str(), "prohibiting");
    assert_eq!((status.progress.moved, status.progress.percent), (200, 100.0));
    let phases = town.events.iter().filter_map(|event| match event {
        Event::Phase { phase, .. } => Some(*phase),
        _ => None,
    });
    let expected = [
        RunPhase::WaitHealthCheck,
        RunPhase::EvictingConns,
        RunPhase::WaitTakeover,
        RunPhase::EvictingSessions,
    ];
    assert_eq!(phases.collect::<Vec<_>>(), expected);
}

#[test]
fn durable_sessions_of_others_do_not_delay_the_verdict_for_ever() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"stall_after_s":5}"#));
    town.counts_durable_sessions = true;
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.detail.contains("durable"), "{}", outcome.detail);
    assert_eq!(town.stops, 0);
}

/// The guard that stopped the evacuation, which must serve again by then.
fn guarded(town: &mut Town, driver: &mut Driver) -> Guard {
    let outcome = town.drive(driver);
    assert_eq!(outcome.result, OutcomeKind::Aborted, "{}", outcome.detail);
    assert!(town.evacuation.is_none() && town.stops >= 1);
    assert!(outcome.detail.contains("serves clients again"), "{}", outcome.detail);
    outcome.guard.unwrap()
}

#[test]
fn clients_that_do_not_come_back_stop_the_evacuation() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.nobody_returns = true;
    assert_eq!(guarded(&mut town, &mut driver), Guard::ClientsMissing);
    // 10 per second for 5 s are on their way at any time; two polls see what is beyond that.
    assert!(town.a >= 200 - 80, "{} left of 200", town.a);
}

#[test]
fn without_the_guard_the_same_cluster_loses_its_clients() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"max_missing_percent":100}"#));
    town.nobody_returns = true;
    assert_eq!(town.drive(&mut driver).result, OutcomeKind::Completed);
    assert_eq!((town.a, town.b), (0, 100));
}

#[test]
fn other_nodes_that_fill_up_or_go_down_stop_the_evacuation() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"max_node_connections":130}"#));
    assert_eq!(guarded(&mut town, &mut driver), Guard::RecipientFull);
    assert!(town.b <= 160, "{}", town.b);
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.incident = Some((4, |town| town.down = Some(name("b@h"))));
    assert_eq!(guarded(&mut town, &mut driver), Guard::NodeDown);
}

#[test]
fn a_rebalance_or_another_evacuation_that_appears_stops_ours() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.incident = Some((4, |town| town.others = vec![name("b@h")]));
    assert_eq!(guarded(&mut town, &mut driver), Guard::Evacuation);
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.incident = Some((4, |town| {
        town.foreign = vec![entry("c@h", "b@h", "c@h", RunPhase::EvictingConns)];
    }));
    assert_eq!(guarded(&mut town, &mut driver), Guard::ForeignRun);
}

#[test]
fn a_node_that_goes_down_meanwhile_has_to_be_stopped_when_it_comes_back() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"settle_s":5}"#));
    town.incident = Some((4, |town| town.down = Some(name("a@h"))));
    let outcome = drive(&mut town, &mut driver, |town, _| {
        town.stop_is_lost = true;
        Kill::No
    });
    assert_eq!(outcome.guard, Some(Guard::NodeDown), "{}", outcome.detail);
    assert!(outcome.detail.contains("when it comes back"), "{}", outcome.detail);
    assert!(town.stops > 1);
}

#[test]
fn an_evacuation_that_moves_nothing_is_stalled_and_stopped() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    // After 2 s of waiting and 21 of evicting, the sessions find no node.
    town.incident = Some((24, |town| town.stuck = true));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Stalled, "{}", outcome.detail);
    assert!(town.stops >= 1 && town.evacuation.is_none());
}

#[test]
fn a_stop_and_a_time_limit_let_the_node_serve_again() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.stop_at = Some(5);
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Stopped, "{}", outcome.detail);
    assert!(town.stops >= 1 && town.evacuation.is_none());
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"time_limit_s":6}"#));
    assert_eq!(town.drive(&mut driver).result, OutcomeKind::TimedOut);
    assert!(town.stops >= 1 && town.evacuation.is_none());
}

#[test]
fn an_evacuation_that_somebody_else_stops_is_vanished() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.incident = Some((8, |town| town.evacuation = None));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Vanished, "{}", outcome.detail);
    assert_eq!(town.stops, 0);
}

#[test]
fn an_evacuation_hidden_for_long_is_found_again() {
    for polls in [2, 3] {
        let (mut town, mut driver) = (Town::new(), evacuator("{}"));
        town.hide_polls = polls;
        let outcome = town.drive(&mut driver);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    }
}

#[test]
fn a_start_whose_answer_is_lost_is_looked_up_first() {
    for (loss, starts) in [(Loss::AfterEmqx, 1), (Loss::BeforeEmqx, 2)] {
        let (mut town, mut driver) = (Town::new(), evacuator("{}"));
        town.lose_starts = vec![loss];
        let outcome = town.drive(&mut driver);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{loss:?}: {}", outcome.detail);
        assert_eq!(town.starts, starts);
    }
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.lose_starts = vec![Loss::BeforeEmqx; 10];
    assert_eq!(town.drive(&mut driver).result, OutcomeKind::Refused);
    assert_eq!(town.starts, 3);
}

#[test]
fn a_repeated_start_that_finds_the_first_one_goes_on_with_it() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.lose_starts = vec![Loss::AfterEmqx];
    town.hide_polls = 12;
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!((town.starts, town.stops), (2, 0));
}

#[test]
fn what_goes_on_already_is_neither_adopted_nor_stopped() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.evacuation = Some((EvacuationState::EvictingConns, 0));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Refused);
    assert_eq!(outcome.cause.unwrap().kind, "conflict");
    assert_eq!((town.starts, town.stops), (0, 0));
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.refuse_start = Some(RefusalReason::EvictionAgentBusy { nodes: vec![] });
    assert_eq!(town.drive(&mut driver).result, OutcomeKind::Refused);
    assert_eq!(town.starts, 1);
}

#[test]
fn a_node_that_was_evacuated_before_is_left_alone() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    town.others = vec![name("d@h")];
    assert_eq!(town.drive(&mut driver).result, OutcomeKind::Completed);
}

#[test]
fn lost_polls_are_no_verdict() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    let outcome = drive(&mut town, &mut driver, |town, _| {
        town.reads_down = (3..12).contains(&town.age);
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
}

#[test]
fn killed_at_any_step_and_resumed_the_outcome_is_the_same() {
    kill_at_every_step(|kill, kill_at| {
        let (mut town, mut driver, mut step) = (Town::new(), evacuator("{}"), 0);
        let outcome = drive(&mut town, &mut driver, |_, _| {
            step += 1;
            if step == kill_at { kill } else { Kill::No }
        });
        assert_eq!(outcome.result, OutcomeKind::Completed, "killed at step {kill_at}");
        assert_eq!((town.a, town.starts, town.stops), (0, 1, 0), "killed at step {kill_at}");
        step
    });
}

#[test]
fn a_plan_with_an_error_needs_force() {
    let mut plan = a_plan();
    plan.findings.push(Finding::new(Severity::Error, FindingCode::NoOpenNode, "nowhere to go"));
    let error = Driver::new(plan.clone(), DriverOptions::default(), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(Driver::new(plan, DriverOptions::default(), true).is_ok());
}

#[test]
fn a_node_whose_clients_are_nowhere_is_not_safe_to_stop() {
    // The balancer goes down for the last of them: all within the grace, and none comes back.
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"max_missing_percent":5}"#));
    town.incident = Some((18, |town| town.nobody_returns = true));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.guard, Some(Guard::ClientsMissing), "{outcome:?}");
    assert!(!outcome.detail.contains("safe to stop"), "{}", outcome.detail);
    let missing = 400 - town.a - town.b - 100;
    assert_eq!(outcome.missing, Some(missing), "{outcome:?}");
    assert!(town.evacuation.is_none());
}

#[test]
fn sessions_that_arrive_with_the_last_poll_are_not_forgotten() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    let mut was_empty = false;
    let outcome = drive(&mut town, &mut driver, |town, _| {
        let is_done = matches!(town.evacuation, Some((EvacuationState::Prohibiting, _)));
        if is_done && !was_empty {
            was_empty = true;
            // Of a rebalance that somebody has just begun; the next poll shows both.
            town.foreign = vec![entry("c@h", "c@h", "a@h", RunPhase::EvictingSessions)];
            town.sessions = 19;
        }
        Kill::No
    });
    assert!(!outcome.detail.contains("no session"), "{outcome:?}");
    assert_eq!(outcome.guard, Some(Guard::ForeignRun));
}

#[test]
fn a_node_that_boots_unseen_goes_on_with_its_evacuation() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    // It was killed and is back between two polls, and shows nothing of it for some seconds.
    town.incident = Some((8, |town| town.hide_polls = 6));
    let outcome = town.drive(&mut driver);
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
    assert_eq!(town.stops, 0);
}

#[test]
fn an_evacuation_of_a_node_that_is_not_heard_goes_on() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    let outcome = drive(&mut town, &mut driver, |town, _| {
        let is_hung = (5..18).contains(&town.age);
        town.unknown = is_hung.then(|| name("a@h"));
        town.hide_polls = u32::from(is_hung);
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
    assert_eq!(town.stops, 0);
}

#[test]
fn a_cluster_that_is_silent_when_the_evacuation_is_gone_is_waited_for() {
    let (mut town, mut driver) = (Town::new(), evacuator("{}"));
    let mut silent_s = 0;
    let outcome = drive(&mut town, &mut driver, |town, driver| {
        let is_gone = driver.status().runs[0].state.as_str() == "gone";
        if town.age == 9 {
            town.evacuation = None;
        }
        silent_s += u32::from(is_gone);
        town.reads_down = is_gone && silent_s < 100;
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Vanished, "{outcome:?}");
    assert!(outcome.detail.contains("somebody stopped it"), "{}", outcome.detail);
    assert!(outcome.missing.is_some(), "{outcome:?}");
}

#[test]
fn an_evacuation_that_seems_gone_is_judged_once_its_node_is_heard() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"empty_polls":1}"#));
    let mut unheard_s = 0;
    let outcome = drive(&mut town, &mut driver, |town, driver| {
        let is_gone = driver.status().runs[0].state.as_str() == "gone";
        // A node that boots for longer than usual shows none; then it hangs for a while.
        town.hide_polls = u32::from(town.age >= 9 && unheard_s < 100);
        unheard_s += u32::from(is_gone);
        town.unknown = (is_gone && unheard_s < 100).then(|| name("a@h"));
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
    assert_eq!((town.starts, town.stops), (1, 0));
}

#[test]
fn nobody_knows_of_an_evacuation_whose_node_is_never_heard_again() {
    let (mut town, mut driver) = (Town::new(), evacuator(r#"{"settle_s":20}"#));
    let mut gone_s = 0;
    let outcome = drive(&mut town, &mut driver, |town, driver| {
        if town.age == 9 {
            town.evacuation = None;
        }
        let is_gone = driver.status().runs[0].state.as_str() == "gone";
        gone_s += u32::from(is_gone);
        town.unknown = is_gone.then(|| name("a@h"));
        Kill::No
    });
    assert_eq!(outcome.result, OutcomeKind::TimedOut, "{outcome:?}");
    assert!(outcome.detail.contains("a@h did not answer, so nobody knows"), "{}", outcome.detail);
    assert!(gone_s >= 200, "{gone_s}");
}
