//! A policy that acts on a cluster for a day, in virtual time, whatever befalls the cluster: it keeps to its
//! windows and to what a day may cost, and moves nobody to and fro.

#![cfg(test)]

mod scenario;

use emqx_rebalance_sim::Deed;
use emqx_rebalance_testkit::cases::cases;
use proptest::test_runner::TestRunner;
use scenario::{POLL_MS, Scenario, scenarios};
use std::cell::Cell;

/// Days of the same clusters each time.
#[test]
fn a_policy_keeps_its_promises() {
    let mut runner = TestRunner::new(cases(CASES));
    let acted = Cell::new(0);
    let kept = runner.run(&scenarios(), |scenario| {
        let deeds = scenario.day();
        windows(&scenario, &deeds);
        budgets(&scenario, &deeds);
        calm(&deeds);
        no_ping_pong(&scenario, &deeds);
        acted.set(acted.get() + deeds.len());
        Ok(())
    });
    kept.unwrap_or_else(|error| panic!("{error}"));
    assert!(acted.get() >= 5, "{} runs prove nothing", acted.get());
}

/// The test would prove nothing if policies never acted.
#[test]
fn a_policy_of_an_uneven_cluster_acts() {
    let deeds = Scenario::plain().day();
    assert!(deeds.len() == 1, "{deeds:?}");
    assert!(deeds[0].evicted > 200 && deeds[0].over_after < 0.05, "{deeds:?}");
}

/// Nothing starts outside a window, and what is on at the end of one is stopped by the next look.
fn windows(scenario: &Scenario, deeds: &[Deed]) {
    for deed in deeds {
        assert!(scenario.is_open(deed.began_ms), "outside of its windows: {deed:?}");
        if let Some(closed_ms) = scenario.closes(deed.began_ms) {
            let told_ms = deed.stopped_ms.unwrap_or(deed.ended_ms);
            assert!(told_ms <= closed_ms + POLL_MS + 1000, "not stopped: {deed:?}, {closed_ms}");
        }
    }
}

/// In no 24 hours are there more rebalances or disconnects than the policy allows, but for what EMQX drops between
/// two looks at a run whose donors get more clients while they are emptied.
fn budgets(scenario: &Scenario, deeds: &[Deed]) {
    for (i, last) in deeds.iter().enumerate() {
        let day = deeds.iter().take(i + 1);
        let day: Vec<&Deed> =
            day.filter(|deed| last.began_ms.saturating_sub(deed.ended_ms) < DAY_MS).collect();
        assert!(day.len() as u64 <= scenario.max_rebalances, "{day:?}");
        if let Some(most) = scenario.max_disconnects {
            let evicted: u64 = day.iter().map(|deed| deed.evicted).sum();
            assert!(evicted <= most + scenario.between_looks(last), "{evicted} of {most}: {day:?}");
        }
    }
}

/// Every node was up, none was new, and nobody else was at work.
fn calm(deeds: &[Deed]) {
    for deed in deeds {
        assert!(deed.was_calm, "{deed:?}");
    }
}

/// A node that gained clients loses none until the cool-down is over.
fn no_ping_pong(scenario: &Scenario, deeds: &[Deed]) {
    for (i, earlier) in deeds.iter().enumerate() {
        for later in deeds.iter().skip(i + 1) {
            let is_soon = later.began_ms < earlier.ended_ms + scenario.cool_down_ms;
            let returns = later.donors.iter().any(|node| earlier.recipients.contains(node));
            assert!(!(is_soon && returns), "{earlier:?} {later:?}");
        }
    }
}

const DAY_MS: u64 = 86_400_000;
/// Days that are lived through.
const CASES: u32 = 10;
