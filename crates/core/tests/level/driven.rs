//! Level plans with a driver at work on them.

use crate::judge::clusters::{self, Around, Case};
use crate::judge::driven::Driven;
use crate::judge::{Deal, Fleet, Look, Tally, World, judge};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Event, OutcomeKind};
use emqx_rebalance_core::{Decision, LoadBalancer, Mode, NodeName, Plan, PlanOptions, Run, plan};
use serde::Deserialize;

/// A driver at work on clusters whose clients come back as nobody told it.
fn driven(around: Around) -> Vec<(Case, Driven)> {
    let case = |seed| clusters::case(seed, (2e4, 1e5));
    let drive = |case: Case| {
        let driven = case.driven(around, DriverOptions::default());
        (case, driven)
    };
    (8_000..8_016).map(case).map(drive).collect()
}

#[test]
fn a_driver_learns_how_clients_come_back_and_levels_without_being_told() {
    for deal in [Deal::RoundRobin, Deal::LeastConnections] {
        for fleet in Fleet::ALL {
            let mut tally = Tally::new();
            let around = Around { fleet, ..Around::prompt(deal, Look::Anywhere) };
            for (case, driven) in driven(around) {
                let (result, name) = (driven.outcome.result, fleet.name);
                assert_eq!(result, OutcomeKind::Completed, "{name}: {}", driven.outcome.detail);
                tally.add(&driven.verdict, &case);
            }
            let name = fleet.name;
            // 0.6 % over more clusters: see docs/quality.md.
            assert!(tally.over(0.5) <= 0.0075 && tally.over(0.9) <= 0.017, "{name}: {tally}");
            let dear = tally.disconnects(0.5) > 1.05 || tally.disconnects(0.9) > 1.10;
            assert!(!dear, "{name}: {tally}");
        }
    }
}

#[test]
fn a_verdict_says_who_is_missing_and_nobody_is_on_their_way() {
    let gone = Fleet::ALL.into_iter().find(|fleet| fleet.name.contains("5 % never")).unwrap();
    let around = Around { fleet: gone, ..Around::prompt(Deal::RoundRobin, Look::Anywhere) };
    for (_, driven) in driven(around) {
        let missing = driven.outcome.missing.unwrap() as f64;
        let truth = driven.verdict.disconnects as f64 * 0.05;
        assert!(
            (missing - truth).abs() < 0.02 * truth + 4.0 * truth.sqrt(),
            "{missing} of {truth}"
        );
        assert_eq!(driven.away, 0);
        assert!(driven.waves() > 1, "there was a pilot");
    }
}

#[test]
fn a_balancer_s_policy_is_learned_from_where_the_pilot_s_clients_go() {
    for (deal, median, most) in [
        (Deal::RoundRobin, 0.006, 0.017),
        (Deal::LeastConnections, 0.003, 0.012),
        (Deal::Random, 0.010, 0.04),
    ] {
        let around = Around { is_deal_told: false, ..Around::prompt(deal, Look::Anywhere) };
        let mut tally = Tally::new();
        for (case, driven) in driven(around) {
            assert_eq!(driven.outcome.result, OutcomeKind::Completed, "{}", driven.outcome.detail);
            tally.add(&driven.verdict, &case);
        }
        assert!(tally.over(0.5) <= median && tally.over(0.9) <= most, "{deal:?}: {tally}");
    }
}

#[test]
fn donors_in_groups_are_levelled_one_group_after_the_other() {
    let case = Case {
        seed: 3,
        names: (1..=18).map(|i| NodeName::new(format!("emqx@10.0.0.{i}")).unwrap()).collect(),
        counts: [[4_000; 7].as_slice(), &[0; 11]].concat(),
        strategy: serde_json::from_str(r#"{"conn_evict_rate":100,"wait_health_check":5}"#).unwrap(),
    };
    let options = PlanOptions {
        mode: Mode::Level,
        load_balancer: Some(LoadBalancer::RoundRobin),
        max_unavailable: Some(2),
        ..PlanOptions::default()
    };
    let made = plan(&case.snapshot(&case.counts), &case.strategy, &options).unwrap();
    assert_eq!((made.decision, made.groups), (Decision::Start, 4), "{:?}", made.reason);
    let around = Around::prompt(Deal::RoundRobin, Look::Anywhere);
    let driven = case.driven_by(made, around, DriverOptions::default());
    assert_eq!(driven.outcome.result, OutcomeKind::Completed, "{}", driven.outcome.detail);
    assert!(driven.verdict.over() < 0.03, "{}: {:?}", driven.verdict.over(), driven.verdict.counts);
    assert!(driven.waves() > 4, "a pilot and four groups");
}

#[test]
fn a_fleet_that_was_told_wrongly_ends_level_since_nodes_are_opened_by_the_counts() {
    let slow = Fleet::ALL.into_iter().find(|fleet| fleet.name.starts_with("80 %")).unwrap();
    let around = Around {
        fleet: slow,
        told: Some(Fleet::PROMPT),
        ..Around::prompt(Deal::RoundRobin, Look::Anywhere)
    };
    let (mut tally, mut completed) = (Tally::new(), 0);
    for (case, driven) in driven(around) {
        completed += u32::from(driven.outcome.result == OutcomeKind::Completed);
        tally.add(&driven.verdict, &case);
    }
    assert_eq!(completed, 16, "{tally}");
    assert!(tally.over(0.5) <= 0.0075 && tally.over(1.0) <= 0.02, "{tally}");
}

/// The runs that `plan` has only to keep a recipient closed.
fn cordons(runs: &[Run], recipients: &[NodeName]) -> usize {
    runs.iter().filter(|run| run.donors.iter().all(|node| recipients.contains(node))).count()
}

/// Prompt clients, and plans that are told of them.
const PROMPT: Around =
    Around { told: Some(Fleet::PROMPT), ..Around::prompt(Deal::RoundRobin, Look::Anywhere) };

fn planned(seed: u64) -> (Case, Plan) {
    let case = clusters::case(seed, (2e4, 1e5));
    let made = case.plan(&case.counts, Mode::Level, PROMPT);
    (case, made)
}

#[test]
fn every_recipient_that_was_closed_is_opened_once_and_no_donor_is() {
    for seed in 8_000..8_008 {
        let (case, made) = planned(seed);
        let one_wave = DriverOptions { max_waves: 1, ..DriverOptions::default() };
        let driven = case.driven_by(made.clone(), PROMPT, one_wave);
        let opened = driven.events.iter().filter_map(|event| match event {
            Event::Opening { node } => Some(node),
            _ => None,
        });
        let opened: Vec<&NodeName> = opened.collect();
        assert_eq!(opened.len(), cordons(&made.runs, &made.recipients), "{seed}");
        assert!(opened.iter().all(|node| made.recipients.contains(node)), "{seed}");
        let is_stopped = |event: &Event| matches!(event, Event::Stopping { .. });
        assert!(!driven.events.iter().any(is_stopped), "{seed}: a run was stopped");
    }
}

#[test]
fn whoever_dies_leaves_timers_that_open_every_node_a_minute_later_at_most() {
    let (case, made) = planned(8_001);
    let driver = Driver::new(made.clone(), DriverOptions::default(), false).unwrap();
    let state = serde_json::to_value(&driver).unwrap();
    let asked = state["runs"].as_array().unwrap().iter().map(|track| &track["run"]);
    let asked: Vec<Run> = asked.map(|run| Run::deserialize(run).unwrap()).collect();
    assert!(cordons(&made.runs, &made.recipients) > 0);
    for (asked, planned) in asked.iter().zip(&made.runs) {
        let later = asked.strategy.wait_takeover - planned.strategy.wait_takeover;
        let is_cordon = cordons(std::slice::from_ref(planned), &made.recipients) == 1;
        assert_eq!(later, if is_cordon { 60 } else { 0 }, "{}", planned.coordinator);
    }
    let Around { deal, look, fleet, .. } = PROMPT;
    let world = World { deal, look, fleet, seed: case.seed };
    let steered = judge(&case.names, &case.counts, &asked, world);
    let planned = judge(&case.names, &case.counts, &made.runs, world);
    assert_eq!(steered.refused, 0);
    assert!(steered.duration_s <= planned.duration_s + 61.0, "{}", steered.duration_s);
}

#[test]
fn what_a_poll_shows_of_a_run_that_was_just_stopped_is_nobody_else_s() {
    // Two nodes are opened one poll after the other, each while the status of what runs is on its way.
    let slow = Fleet::ALL.into_iter().find(|fleet| fleet.name.starts_with("half")).unwrap();
    let driven = clusters::case(50, (1e4, 1e6))
        .driven(Around { fleet: slow, ..PROMPT }, DriverOptions::default());
    assert_eq!(driven.outcome.result, OutcomeKind::Completed, "{}", driven.outcome.detail);
    let is_foreign = |event: &Event| matches!(event, Event::ForeignRun { .. });
    assert!(!driven.events.iter().any(is_foreign));
}
