//! What the random cases have found, each reduced to what it takes.

use super::check;
use super::host::Host;
use super::line::Purpose;
use super::scenario::{Doors, Patience, Scenario, Storm, Trouble, What, When, Work, rules};
use crate::{config, node};
use emqx_rebalance_core::driver::{Guard, Outcome, OutcomeKind};
use emqx_rebalance_sim::{Fault, Release};

const CALM: Storm =
    Storm { from_ms: 0, to_ms: 0, lost: 0, delayed: 0, late: 0, slowest_ms: 1, seed: 1 };
const PATIENCE: Patience = Patience {
    poll_interval_ms: 1000,
    empty_polls: 3,
    settle_s: 30,
    max_missing_percent: 10,
    grace_s: 5,
};

fn scenario(release: Release, clients: &[u64], work: Work, faults: Vec<(u64, Fault)>) -> Scenario {
    let at = |(at, fault)| Trouble { when: When::At(at), what: vec![(0, What::Emqx(fault))] };
    Scenario {
        config: config(release, clients),
        doors: Doors::Named,
        work,
        rate: 10,
        waits: (3, 3),
        patience: PATIENCE,
        troubles: faults.into_iter().map(at).collect(),
        storm: CALM,
        mishaps: Vec::new(),
        stop_at_ms: None,
        one_by_one: false,
    }
}

fn driven(scenario: &Scenario) -> (Host, Outcome) {
    let mut host = Host::new(scenario);
    assert!(host.drive(), "{}", super::told(&host));
    assert!(host.wrong.is_empty(), "{}", super::told(&host));
    let outcome = host.subject.outcome().cloned().unwrap();
    if let Err(wrong) = check::verdict(&mut host) {
        panic!("{wrong} {}", super::told(&host));
    }
    (host, outcome)
}

#[test]
fn a_node_that_dies_in_its_evacuation_is_said_to_go_on_with_it() {
    let work = Work::Evacuation { node: 0 };
    let killed = Fault::NodeKilled { node: node(1) };
    let (_, outcome) = driven(&scenario(Release::V5_8, &[300, 0, 0], work, vec![(9_000, killed)]));
    assert_eq!((outcome.result, outcome.guard), (OutcomeKind::Aborted, Some(Guard::NodeDown)));
    assert!(outcome.detail.contains("goes on evacuating"), "{}", outcome.detail);
}

#[test]
fn a_node_that_is_back_in_time_is_told_to_stop_its_evacuation() {
    // While it boots, EMQX shows no evacuation, and EMQX 4 says that the node serves.
    for release in [Release::V4_4, Release::V5_3, Release::V5_8] {
        let faults = vec![
            (9_000, Fault::NodeKilled { node: node(1) }),
            (15_000, Fault::NodeRestarted { node: node(1) }),
        ];
        let work = Work::Evacuation { node: 0 };
        let (host, outcome) = driven(&scenario(release, &[300, 0, 0], work, faults));
        assert_eq!(outcome.result, OutcomeKind::Aborted, "{release:?}: {outcome:?}");
        assert!(outcome.detail.ends_with("the node serves clients again"), "{}", outcome.detail);
        assert!(!host.simulation.cluster.evacuates(0), "{release:?}");
    }
}

#[test]
fn a_donor_that_dies_has_not_given_its_clients_away() {
    // Down, it counts for none; back, it is empty: both are below the recipients. Whenever it dies,
    // before the run's end or while its end is being made sure of.
    for dies_at in (9_500..25_000).step_by(500) {
        for boots_after in [None, Some(1_000)] {
            let boots = |after| (dies_at + after, Fault::NodeRestarted { node: node(1) });
            let dies = (dies_at, Fault::NodeKilled { node: node(1) });
            let faults = std::iter::once(dies).chain(boots_after.map(boots)).collect();
            let work = Work::Single { coordinator: 0 };
            let mut scenario = scenario(Release::V5_8, &[300, 0], work, faults);
            scenario.patience.empty_polls = 2;
            let (host, outcome) = driven(&scenario);
            let ended_at = host.events.last().map(|(at, _)| at.as_ms()).unwrap();
            let bad = [OutcomeKind::Vanished, OutcomeKind::Aborted];
            assert!(ended_at <= dies_at || bad.contains(&outcome.result), "{dies_at}: {outcome:?}");
        }
    }
}

#[test]
fn a_run_of_somebody_else_where_ours_was_is_left_alone() {
    // Ours is stopped by somebody, who then starts another one on the same nodes; and our user, who
    // sees that, asks for a stop.
    let other = Fault::ForeignRun {
        coordinator: node(3),
        nodes: Some(vec![node(1), node(2), node(3)]),
        strategy: rules(5, (3, 3)),
    };
    let faults = vec![(9_500, Fault::ForeignStop { coordinator: node(3) }), (9_501, other)];
    let work = Work::Single { coordinator: 2 };
    let mut scenario = scenario(Release::V5_8, &[300, 300, 0], work, faults);
    scenario.stop_at_ms = Some(13_000);
    let (host, outcome) = driven(&scenario);
    assert_eq!(outcome.result, OutcomeKind::Stopped, "{outcome:?}");
    assert!(!host.sent.iter().any(|sent| matches!(sent.purpose, Purpose::Stop(_))));
}

#[test]
fn a_run_that_emqx_has_stopped_is_stopped_once() {
    let work = Work::Single { coordinator: 2 };
    let mut scenario = scenario(Release::V5_8, &[300, 300, 0], work, Vec::new());
    scenario.stop_at_ms = Some(9_000);
    let (host, outcome) = driven(&scenario);
    assert_eq!(outcome.result, OutcomeKind::Stopped, "{outcome:?}");
    let stops = host.sent.iter().filter(|sent| matches!(sent.purpose, Purpose::Stop(_)));
    assert_eq!(stops.count(), 1);
}

#[test]
fn emqx_4_takes_every_start_of_a_level_plan() {
    // The third node is cordoned, and would be for no time at all after its only tick.
    let clients = [115, 390, 33, 0, 260, 33];
    let mut scenario = scenario(Release::V4_4, &clients, Work::Level, Vec::new());
    for rate in [10, 26, 60] {
        scenario.rate = rate;
        let (_, outcome) = driven(&scenario);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{rate}: {outcome:?}");
    }
}
