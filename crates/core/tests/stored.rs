//! Plans, states and records that earlier versions stored, made by the command of November 2026, are
//! read for ever.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use emqx_rebalance_core::driver::{
    Driver, DriverOptions, DriverState, Input, OutcomeKind, Record, StoredEvacuation,
    StoredRebalance,
};
use emqx_rebalance_core::{EvacuationPlan, Mode, Plan, Timestamp};
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// The driver of a stored state. What it stores again is what was read, by whoever reads it next.
fn driver<S: DeserializeOwned + Into<DriverState>>(text: &str) -> Driver {
    let driver = Driver::restore(read::<S>(text));
    let stored = serde_json::to_value(&driver).unwrap();
    let again = Driver::restore(read::<S>(&stored.to_string()));
    assert_eq!(serde_json::to_value(again).unwrap(), stored);
    driver
}

#[test]
fn plans_are_started() {
    for (text, mode, runs) in [
        (include_str!("stored/plan-single.json"), Mode::Single, 1),
        (include_str!("stored/plan-level.json"), Mode::Level, 2),
    ] {
        let plan: Plan = read(text);
        assert_eq!((plan.mode, plan.runs.len()), (mode, runs));
        assert!(Driver::new(plan, DriverOptions::default(), false).is_ok());
    }
    let plan: EvacuationPlan = read(include_str!("stored/plan-evacuation.json"));
    assert_eq!(plan.node().as_str(), "emqx1@127.0.0.1");
    assert!(Driver::new(plan, DriverOptions::default(), false).is_ok());
}

#[test]
fn states_are_gone_on_with() {
    for mut driver in [
        driver::<StoredRebalance>(include_str!("stored/state-rebalance.json")),
        driver::<StoredEvacuation>(include_str!("stored/state-evacuation.json")),
    ] {
        assert!(driver.outcome().is_none());
        assert!(driver.status().progress.moved > 0, "{:?}", driver.status().progress);
        let step = driver.step(Timestamp::from_ms(1_796_029_300_000), Input::Tick);
        assert_eq!(step.requests.len(), 2, "it looks, and starts nothing again");
    }
}

#[test]
fn verdicts_stay_what_they_were() {
    let driver = driver::<StoredRebalance>(include_str!("stored/state-ended.json"));
    assert_eq!(driver.outcome().unwrap().result, OutcomeKind::Completed);
}

#[test]
fn records_can_be_looked_at() {
    let text = include_str!("stored/history.jsonl").lines().next().unwrap();
    let record: Record = read(text);
    assert_eq!(record.purpose.reason.as_deref(), Some("ticket 8"));
    let plan = record.plan.rebalance().unwrap();
    // They were kept without a curve: a straight line is drawn.
    let first = &plan.forecast.curve.nodes[0];
    assert_eq!((first.connections[0], *first.connections.last().unwrap()), (224, 167));
    let again: Record = read(&serde_json::to_string(&record).unwrap());
    assert_eq!(again, record);
}
