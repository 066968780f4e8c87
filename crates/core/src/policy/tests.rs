//! What a policy decides, and why, one gate after the other.

mod people;

use super::*;
use crate::driver::{OutcomeKind, RunView, Status, observe};
use crate::emqx::{GlobalStatus, RunState};
use crate::input::Options;
use crate::node::NodeName;
use crate::plan::{Asked, Mode as PlanMode, PlanOptions};
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::units::Timestamp;
use serde_json::{Value, json};

/// 2026-01-05, a Monday.
const MONDAY_MS: u64 = 1_767_571_200_000;
const MINUTE_MS: u64 = 60_000;

/// A cluster that is looked at, and the policy that looks.
struct Scene {
    policy: Policy,
    engine: Engine,
    now: Timestamp,
    status: Status,
}

impl Scene {
    fn new(policy: Value, counts: &[u64]) -> Self {
        Self {
            policy: Policy::read(policy).unwrap(),
            engine: Engine::default(),
            now: Timestamp::from_ms(MONDAY_MS),
            status: status(counts),
        }
    }

    fn say(&mut self, input: Input<'_>) -> Step {
        let text = serde_json::to_string(&self.engine).unwrap();
        self.engine = serde_json::from_str(&text).unwrap();
        self.engine.step(&self.policy, self.now, input)
    }

    fn see(&mut self, query: Query<'_>) -> Step {
        let status = self.status.clone();
        let options = PlanOptions { mode: PlanMode::Level, ..PlanOptions::default() };
        let asked = Asked { options, ..Asked::default() };
        self.say(Input::Seen(Box::new(Observation { query, asked, ..Observation::new(&status) })))
    }

    fn look(&mut self) -> Decision {
        self.see(Query::Silent).decision
    }

    /// Looks each minute until so many have passed; gives the last look.
    fn pass(&mut self, minutes: u64) -> Step {
        for _ in 1..minutes {
            self.now = self.now.plus_ms(MINUTE_MS);
            let _ = self.look();
        }
        self.now = self.now.plus_ms(MINUTE_MS);
        self.see(Query::Silent)
    }

    /// Looks each minute until it is decided so, and says after how many.
    fn until(&mut self, reason: Reason, minutes: u64) -> u64 {
        let mut looks = 1..=minutes;
        let found = looks.find(|_| self.pass(1).decision.reason == reason);
        found.unwrap_or_else(|| panic!("never {reason:?}: {:?}", self.engine.journal().last()))
    }

    fn reason(&mut self) -> Reason {
        self.look().reason
    }
}

fn name(i: usize) -> NodeName {
    NodeName::new(format!("n{i}@h")).unwrap()
}

fn status(counts: &[u64]) -> Status {
    let nodes = counts.iter().enumerate().map(|(i, count)| NodeLoad::new(name(i), *count));
    observe(nodes.collect(), &GlobalStatus::default(), &[])
}

const UNEVEN: &[u64] = &[3333, 3334, 3333, 0];

#[test]
fn an_imbalance_must_last() {
    let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
    let first = scene.look();
    assert_eq!(first.reason, Reason::Waiting);
    assert_eq!(
        first.detail,
        "the fullest node is 33.4 % over the mean, at least 10 %, for 0 s of 10 min"
    );
    assert_eq!(scene.pass(9).decision.reason, Reason::Waiting);
    let step = scene.pass(1);
    assert_eq!(
        (step.decision.reason, step.decision.trigger),
        (Reason::Started, Some(Trigger::Imbalance))
    );
    assert!(step.decision.detail.contains("instead of 33.4 %"), "{}", step.decision.detail);
    let [Action::Start { plan, purpose, .. }] = step.actions.as_slice() else { panic!("{step:?}") };
    assert_eq!((plan.donors.len(), purpose.who.as_deref()), (3, Some("policy")));
    assert!(scene.engine.is_running());
    assert_eq!(scene.reason(), Reason::Running);
}

#[test]
fn a_load_that_swings_around_the_threshold_does_not_begin_anew() {
    let mut scene = Scene::new(json!({"mode": "auto"}), &[1120, 1000, 880]);
    let _ = scene.pass(5);
    scene.status = status(&[1080, 1000, 920]);
    assert_eq!(scene.pass(5).decision.reason, Reason::Balanced);
    scene.status = status(&[1120, 1000, 880]);
    assert_eq!(scene.pass(1).decision.reason, Reason::Started);
    // Once it was level, it does.
    let mut scene = Scene::new(json!({"mode": "auto"}), &[1120, 1000, 880]);
    let _ = scene.pass(8);
    scene.status = status(&[1000, 1000, 1000]);
    let _ = scene.pass(1);
    scene.status = status(&[1120, 1000, 880]);
    assert_eq!(scene.pass(5).decision.reason, Reason::Waiting);
}

#[test]
fn time_in_which_nobody_looked_is_no_evidence() {
    let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
    let _ = scene.look();
    let step = scene.say(Input::Unseen("no URL answers"));
    assert_eq!(
        (step.decision.reason, step.decision.detail.as_str()),
        (Reason::Unread, "no URL answers")
    );
    scene.now = scene.now.plus_ms(60 * MINUTE_MS);
    assert_eq!(scene.reason(), Reason::Waiting);
}

#[test]
fn a_node_that_joined_is_waited_for_and_then_filled() {
    let mut scene = Scene::new(json!({"mode": "auto", "imbalance_for_s": "1h"}), &[1000, 1000]);
    assert_eq!(scene.reason(), Reason::Balanced);
    scene.status = status(&[1000, 1000, 0]);
    let joined = scene.pass(1).decision;
    assert_eq!(joined.reason, Reason::Settling);
    assert_eq!(joined.detail, "a node came or went, or a run ended, 0 s ago: less than 5 min");
    assert_eq!(scene.pass(4).decision.reason, Reason::Settling);
    let step = scene.pass(1);
    assert_eq!(
        (step.decision.reason, step.decision.trigger),
        (Reason::Started, Some(Trigger::Node))
    );
}

#[test]
fn what_must_not_be_disturbed_is_left_alone() {
    let cases = [
        (NodeStatus::Stopped, Reason::NodeDown, "n3@h is down"),
        (NodeStatus::Unknown, Reason::NodeUnknown, "n3@h does not answer"),
        (NodeStatus::Evacuating, Reason::Evacuating, "n3@h is being evacuated"),
    ];
    for (state, reason, detail) in cases {
        let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
        let _ = scene.pass(9);
        scene.status.nodes[3].status = state;
        let decision = scene.pass(3).decision;
        assert_eq!((decision.reason, decision.detail.as_str()), (reason, detail));
    }
    let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
    let _ = scene.pass(9);
    scene.status.runs.push(RunView {
        coordinator: name(3),
        state: RunState::from("evicting_conns".to_owned()),
        donors: vec![name(0)],
        recipients: vec![name(3)],
        conn_evict_rate: None,
        sess_evict_rate: None,
    });
    assert_eq!(scene.pass(3).decision.reason, Reason::ForeignRun);
    scene.status.runs.clear();
    assert_eq!(scene.pass(4).decision.reason, Reason::Settling, "its clients may still come back");
}

#[test]
fn the_query_forbids_while_it_returns_something_or_nobody_knows() {
    let mut scene = Scene::new(json!({"mode": "observe", "unless_query": "up == 0"}), UNEVEN);
    let _ = scene.pass(9);
    scene.now = scene.now.plus_ms(2 * MINUTE_MS);
    let step = scene.see(Query::Returned("up{job=\"a\"} 0"));
    assert_eq!(step.decision.reason, Reason::QueryReturned);
    assert_eq!(step.decision.detail, "the query returned up{job=\"a\"} 0");
    assert_eq!(scene.see(Query::Unknown("timeout")).decision.reason, Reason::QueryUnknown);
    assert_eq!(scene.reason(), Reason::WouldStart);
}

#[test]
fn nothing_starts_outside_its_windows_or_when_too_little_is_left_of_one() {
    let windows = json!([{"cron": "0 2 * * *", "duration_s": "1h"}]);
    let policy = json!({"mode": "auto", "windows": windows, "time_zone": "Europe/Berlin"});
    let mut scene = Scene::new(policy, UNEVEN);
    // Midnight of UTC is one o'clock there.
    let decision = scene.pass(30).decision;
    assert_eq!(decision.reason, Reason::OutsideWindow);
    assert_eq!(decision.detail, "no window is open, the next one opens 2026-01-05 02:00 CET");
    assert_eq!(scene.pass(30).decision.reason, Reason::Started);
    // An hour later the run is still on: it is stopped, once.
    scene.now = scene.now.plus_ms(60 * MINUTE_MS);
    let step = scene.see(Query::Silent);
    assert_eq!(
        (step.decision.reason, step.actions.as_slice()),
        (Reason::Stopping, &[Action::Stop][..])
    );
    assert_eq!(scene.reason(), Reason::Running);

    let windows = json!([{"cron": "0 0 * * *", "duration_s": 660}]);
    let mut scene = Scene::new(json!({"mode": "auto", "windows": windows}), UNEVEN);
    let _ = scene.look();
    let decision = scene.pass(10).decision;
    assert_eq!(decision.reason, Reason::WindowTooShort);
    assert!(decision.detail.ends_with("and the window is open for 1 min"), "{}", decision.detail);
}

#[test]
fn a_day_has_so_many_rebalances_and_disconnects_and_a_cool_down_after_each() {
    let limits =
        json!({"mode": "auto", "max_rebalances_per_day": 2, "max_disconnects_per_day": 6000});
    let mut scene = Scene::new(limits, UNEVEN);
    let _ = scene.look();
    let step = scene.pass(10);
    let [Action::Start { driver, .. }] = step.actions.as_slice() else { panic!("{step:?}") };
    let most = serde_json::to_value(driver.max_disconnects).unwrap();
    assert!(most.as_u64().is_some_and(|most| (2340..=6000).contains(&most)), "{most}");
    let ended = |disconnects| Input::Ended { result: OutcomeKind::Completed, disconnects };
    let step = scene.say(ended(2400));
    assert_eq!(step.decision.reason, Reason::Ended);
    assert_eq!(
        step.decision.detail,
        "the run ended after 0 s: completed, 2400 clients were dropped"
    );
    assert_eq!(scene.pass(11).decision.reason, Reason::CoolDown);
    assert_eq!(scene.until(Reason::Started, 60), 49);
    let _ = scene.say(ended(3500));
    let decision = scene.pass(70).decision;
    assert_eq!(decision.reason, Reason::RebalancesSpent);
    assert_eq!(decision.detail, "2 of 2 rebalances were started within 1 d");
    scene.policy.max_rebalances_per_day = 3;
    let decision = scene.pass(1).decision;
    assert_eq!(decision.reason, Reason::DisconnectsSpent);
    assert!(decision.detail.ends_with("100 of the day's 6000 are left"), "{}", decision.detail);
    // A day after the first.
    scene.until(Reason::Started, 24 * 60);
}

#[test]
fn what_gains_too_little_or_costs_too_much_is_not_done() {
    let policy =
        json!({"mode": "auto", "imbalance_over": 0.01, "balanced_over": 0.005, "min_gain": 0.5});
    let mut scene = Scene::new(policy, UNEVEN);
    let _ = scene.look();
    let decision = scene.pass(10).decision;
    assert_eq!(decision.reason, Reason::GainTooSmall);
    assert!(decision.detail.ends_with("a gain of less than 50 %"), "{}", decision.detail);
    let mut scene = Scene::new(json!({"mode": "auto", "min_gain_ratio": 20}), UNEVEN);
    let _ = scene.look();
    let decision = scene.pass(10).decision;
    assert_eq!(decision.reason, Reason::GainTooDear);
    assert!(decision.plan.is_some_and(|figures| figures.ratio() < 20.0));
    // It is one decision however often it is made, and the plan is not made each time.
    let before = scene.engine.journal().decisions().count();
    let _ = scene.pass(5);
    assert_eq!(scene.engine.journal().decisions().count(), before);
    assert_eq!(scene.engine.journal().last().map(|last| last.times), Some(6));
}

#[test]
fn what_observing_would_have_done_is_kept_apart_and_spends_nothing() {
    let mut scene = Scene::new(json!({}), UNEVEN);
    let _ = scene.look();
    for _ in 0..2 * 24 * 60 {
        assert!(scene.see(Query::Silent).actions.is_empty());
        scene.now = scene.now.plus_ms(MINUTE_MS);
    }
    let would: Vec<&Decision> = scene.engine.journal().would().collect();
    assert_eq!(would.len(), 8, "four a day");
    assert!(would[0].detail.starts_with("would start now, for "), "{}", would[0].detail);
    scene.policy.mode = Mode::Auto;
    scene.until(Reason::Started, 11);
}

#[test]
fn a_clock_that_jumps_neither_starts_too_early_nor_stands_still_for_ever() {
    let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
    // It was a year ahead.
    scene.now = scene.now.plus_ms(365 * 86_400_000);
    let _ = scene.look();
    assert_eq!(scene.pass(10).decision.reason, Reason::Started);
    let _ = scene.say(Input::Ended { result: OutcomeKind::Completed, disconnects: 2400 });
    scene.now = Timestamp::from_ms(MONDAY_MS);
    assert_eq!(scene.pass(30).decision.reason, Reason::CoolDown);
    // It begins anew with the first look.
    assert_eq!(scene.until(Reason::Started, 60), 31);
}

#[test]
fn a_run_that_was_never_sent_spends_nothing() {
    let mut scene = Scene::new(json!({"mode": "auto"}), UNEVEN);
    let _ = scene.look();
    let _ = scene.pass(10);
    let step = scene.say(Input::NotStarted("no URL answers"));
    assert_eq!(step.decision.detail, "the run was not started, nothing was sent: no URL answers");
    assert_eq!(scene.engine.ledger().of_day(scene.now, false), (0, 0));
    assert_eq!(scene.pass(11).decision.reason, Reason::Started);
}

#[test]
fn bad_policies_are_told_all_at_once() {
    let bad = json!({
        "mode": "car", "imbalance_over": 0, "time_zone": "Mars/Base", "max_rebalances_per_day": 0,
        "windows": [{"cron": "61 * * * *", "duration_s": 10}, {"cron": "0 0 30 2 *", "duration_s": "1h"}, 7, {}],
        "cooldown": 5
    });
    let error = Policy::read(bad).unwrap_err();
    let fields: Vec<&str> = error.problems().iter().map(|problem| problem.field.as_str()).collect();
    let expected = [
        "mode",
        "imbalance_over",
        "windows[0].duration_s",
        "windows[0].cron",
        "windows[1].cron",
        "windows[2]",
        "windows[3].cron",
        "windows[3].duration_s",
        "time_zone",
        "max_rebalances_per_day",
        "cooldown",
    ];
    assert_eq!(fields, expected);
    let crossed = Policy::read(json!({"imbalance_over": 0.04})).unwrap();
    assert_eq!(
        crossed.problems()[0].to_string(),
        "`balanced_over` is `0.05` but must be at most `imbalance_over`, which is 0.04"
    );
    assert!(Policy::default().problems().is_empty());
}

#[test]
fn a_policy_is_its_json() {
    let given = json!({"windows": [{"cron": "0 2 * * 1-5", "duration_s": 3600}], "time_zone": "Europe/Berlin"});
    let policy = Policy::read(given).unwrap();
    let text = serde_json::to_value(&policy).unwrap();
    assert_eq!((&text["time_zone"], &text["mode"]), (&json!("Europe/Berlin"), &json!("observe")));
    assert_eq!(Policy::read(text).unwrap(), policy);
}

#[test]
fn windows_are_of_the_zone_and_follow_its_clock() {
    let at = |text: &str| {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond().unsigned_abs())
    };
    let windows = |list: Value| Policy::read(json!({"windows": list})).unwrap().windows;
    let berlin = Zone::new("Europe/Berlin").unwrap();
    let night = windows(json!([{"cron": "0 2 * * *", "duration_s": "2h"}]));
    // In summer, two o'clock is midnight of UTC.
    assert_eq!(
        night.at(at("2026-07-01T00:30:00Z"), &berlin),
        Opening::Until(at("2026-07-01T02:00:00Z"))
    );
    assert_eq!(
        night.at(at("2026-07-01T02:00:00Z"), &berlin),
        Opening::Closed(Some(at("2026-07-02T00:00:00Z")))
    );
    // Windows that follow each other are one.
    let two = windows(
        json!([{"cron": "0 1 * * *", "duration_s": "1h"}, {"cron": "0 2 * * *", "duration_s": "1h"}]),
    );
    assert_eq!(
        two.at(at("2026-07-01T01:30:00Z"), &Zone::default()),
        Opening::Until(at("2026-07-01T03:00:00Z"))
    );
    assert_eq!(Windows::default().at(at("2026-07-01T01:30:00Z"), &berlin), Opening::Always);
}
