//! Stored states and plans that somebody or something has changed: they are refused, or gone on with
//! as any other is.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use emqx_rebalance_core::driver::{
    Ask, Driver, DriverOptions, DriverState, Input, Step, StoredEvacuation, StoredRebalance,
};
use emqx_rebalance_core::{Error, ErrorKind, EvacuationPlan, Plan, Timestamp};
use emqx_rebalance_testkit::cases::cases;
use emqx_rebalance_testkit::mutate::{self, Changes, changes};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use serde::de::DeserializeOwned;

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

/// The words that states are made of.
const WORDS: [&str; 16] = [
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
];

/// `text` with `changes`, none of them within `kept`.
fn changed(text: &str, changes: &Changes, kept: &str) -> String {
    mutate::changed(serde_json::from_str(text).unwrap(), changes, kept).to_string()
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
    fn a_changed_state_starts_nothing_unseen(changes in changes(&WORDS)) {
        let rebalance = restored::<StoredRebalance>(&changed(REBALANCE, &changes, "-"));
        let evacuation = restored::<StoredEvacuation>(&changed(EVACUATION, &changes, "-"));
        for driver in [rebalance, evacuation].into_iter().flatten() {
            looked_at(driver)?;
        }
    }

    #[test]
    fn a_job_that_has_ended_does_nothing_whatever_else_is_changed(changes in changes(&WORDS)) {
        if let Some(mut driver) = restored::<StoredRebalance>(&changed(ENDED, &changes, "/stage")) {
            prop_assert!(driver.outcome().is_some());
            let step = driver.step(NOW, Input::Tick);
            prop_assert!(step.requests.is_empty() && step.wake_at.is_none(), "{:?}", step);
        }
    }

    #[test]
    fn a_changed_plan_starts_nothing_unseen(changes in changes(&WORDS)) {
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
        let changes = changes(&WORDS).new_tree(&mut runner).unwrap().current();
        let text = changed(REBALANCE, &changes, "-");
        read += u32::from(restored::<StoredRebalance>(&text).is_some());
    }
    assert!(read > 20, "{read} of 200 were gone on with");
}

const TURNS: usize = 40;
const DAY_MS: u64 = 86_400_000;
