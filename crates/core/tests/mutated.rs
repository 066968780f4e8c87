//! Stored states and plans that somebody or something has changed: they are refused, or gone on with
//! as any other is.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use emqx_rebalance_core::driver::{
    Ask, Driver, DriverOptions, DriverState, Input, Step, StoredEvacuation, StoredRebalance,
};
use emqx_rebalance_core::{Error, ErrorKind, EvacuationPlan, Plan, Timestamp};
use emqx_rebalance_testkit::cases::cases;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const REBALANCE: &str = include_str!("stored/state-rebalance.json");
const EVACUATION: &str = include_str!("stored/state-evacuation.json");
const ENDED: &str = include_str!("stored/state-ended.json");
const PLANS: [&str; 3] = [
    include_str!("stored/plan-single.json"),
    include_str!("stored/plan-level.json"),
    include_str!("stored/plan-evacuation.json"),
];
/// Soon after the states were stored.
const NOW: Timestamp = Timestamp::from_ms(1_796_029_300_000);

/// Something that is done to one place in a document.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Twice,
    Put(Value),
}

/// Values of every type, at and beyond every bound, and the words that states are made of.
fn change() -> impl Strategy<Value = Change> {
    let numbers = [json!(-1), json!(0), json!(1), json!(u64::MAX), json!(i64::MIN), json!(1e308)];
    let words = [
        "starting",
        "started",
        "following",
        "settling",
        "stopping",
        "running",
        "planned",
        "gone",
        "refused",
        "ended",
        "means_none",
        "evicting_conns",
        "wait_takeover",
        "rebalance",
        "evacuation",
        "a@h",
        "",
        "\u{0}",
    ];
    let others = [Value::Null, json!(true), json!([]), json!({}), json!([[[[]]]])];
    let long = json!("x".repeat(100_000));
    let put = select(numbers.into_iter().chain(others).chain([long]).collect::<Vec<_>>());
    prop_oneof![
        1 => Just(Change::Remove),
        1 => Just(Change::Twice),
        3 => put.prop_map(Change::Put),
        2 => select(words.to_vec()).prop_map(|word| Change::Put(json!(word))),
        1 => any::<i64>().prop_map(|number| Change::Put(json!(number))),
    ]
}

fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    prop::collection::vec((any::<Index>(), change()), 1..=4)
}

/// The JSON pointers of all that is in `value`.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(value, &place, found);
        found.push(place);
    }
}

/// `text` with `changes`, none of them within `kept`.
fn changed(text: &str, changes: &[(Index, Change)], kept: &str) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    for (index, change) in changes {
        let mut found = Vec::new();
        places(&document, "", &mut found);
        found.retain(|place| place != kept && !place.starts_with(&format!("{kept}/")));
        let Some(place) = (!found.is_empty()).then(|| index.get(&found)) else { break };
        carry_out(&mut document, place, change);
    }
    document.to_string()
}

fn carry_out(document: &mut Value, place: &str, change: &Change) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (document.pointer_mut(parent).unwrap(), change) {
        (Value::Object(members), Change::Remove) => drop(members.remove(name)),
        (Value::Array(items), Change::Remove) => drop(items.remove(name.parse().unwrap())),
        (Value::Array(items), Change::Twice) => {
            let item = items.get(name.parse::<usize>().unwrap()).cloned();
            items.extend(item);
        }
        (_, Change::Put(value)) => *document.pointer_mut(place).unwrap() = value.clone(),
        _ => {}
    }
}

fn restored<S: DeserializeOwned + Into<DriverState>>(text: &str) -> Option<Driver> {
    serde_json::from_str::<S>(text).ok().map(Driver::restore)
}

/// The host of a driver whose cluster answers nothing.
struct Deaf {
    driver: Driver,
    now: Timestamp,
}

impl Deaf {
    /// Takes a step and answers all that it asks, until it waits. Nothing may be started by who cannot
    /// see what runs.
    fn turn(&mut self) -> Result<(), TestCaseError> {
        let mut steps = vec![self.driver.step(self.now, Input::Tick)];
        let mut asked = 0;
        while let Some(Step { requests, wake_at, .. }) = steps.pop() {
            for request in requests {
                let is_start =
                    matches!(request.ask, Ask::Start { .. } | Ask::StartEvacuation { .. });
                prop_assert!(!is_start, "{:?}", request.ask);
                asked += 1;
                prop_assert!(asked < 100, "it asks without end");
                let error = Error::new(ErrorKind::Unreachable, "nobody is there");
                let answer = Input::Answer { id: request.id, answer: Err(error) };
                steps.push(self.driver.step(self.now, answer));
            }
            if let Some(wake_at) = wake_at {
                self.now = self.now.plus_ms(wake_at.ms_since(self.now).clamp(1, DAY_MS));
            }
        }
        Ok(())
    }
}

/// What can be done with a driver, whatever it holds.
fn looked_at(driver: Driver) -> Result<(), TestCaseError> {
    let mut host = Deaf { driver, now: NOW };
    for _ in 0..TURNS {
        host.turn()?;
        let _ = (host.driver.status(), host.driver.record());
    }
    let stored = serde_json::to_string(&host.driver).unwrap();
    let again =
        restored::<StoredRebalance>(&stored).or_else(|| restored::<StoredEvacuation>(&stored));
    prop_assert!(again.is_some(), "what it stores can be read: {stored}");
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_changed_state_starts_nothing_unseen(changes in changes()) {
        let rebalance = restored::<StoredRebalance>(&changed(REBALANCE, &changes, "-"));
        let evacuation = restored::<StoredEvacuation>(&changed(EVACUATION, &changes, "-"));
        for driver in [rebalance, evacuation].into_iter().flatten() {
            looked_at(driver)?;
        }
    }

    #[test]
    fn a_job_that_has_ended_does_nothing_whatever_else_is_changed(changes in changes()) {
        if let Some(mut driver) = restored::<StoredRebalance>(&changed(ENDED, &changes, "/stage")) {
            prop_assert!(driver.outcome().is_some());
            let step = driver.step(NOW, Input::Tick);
            prop_assert!(step.requests.is_empty() && step.wake_at.is_none(), "{:?}", step);
        }
    }

    #[test]
    fn a_changed_plan_starts_nothing_unseen(changes in changes()) {
        for text in PLANS {
            let text = changed(text, &changes, "-");
            let options = DriverOptions::default;
            let rebalance = serde_json::from_str::<Plan>(&text).ok();
            let evacuation = serde_json::from_str::<EvacuationPlan>(&text).ok();
            let drivers = [
                rebalance.and_then(|plan| Driver::new(plan, options(), true).ok()),
                evacuation.and_then(|plan| Driver::new(plan, options(), true).ok()),
            ];
            for driver in drivers.into_iter().flatten() {
                looked_at(driver)?;
            }
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused(at in any::<Index>()) {
        for text in [REBALANCE, EVACUATION, ENDED] {
            let text = text.trim_end();
            let cut = &text[..at.index(text.len())];
            prop_assert!(restored::<StoredRebalance>(cut).is_none());
            prop_assert!(restored::<StoredEvacuation>(cut).is_none());
        }
    }
}

#[test]
fn many_changed_states_are_gone_on_with() {
    let mut runner = proptest::test_runner::TestRunner::new(cases(1_000));
    let mut read = 0;
    for _ in 0..200 {
        let changes = changes().new_tree(&mut runner).unwrap().current();
        let text = changed(REBALANCE, &changes, "-");
        read += u32::from(restored::<StoredRebalance>(&text).is_some());
    }
    assert!(read > 20, "{read} of 200 were gone on with");
}

const TURNS: usize = 40;
const DAY_MS: u64 = 86_400_000;
