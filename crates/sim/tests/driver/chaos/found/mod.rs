//! What the random cases have found, each reduced to what it takes.

mod looks;

use crate::chaos::check;
use crate::chaos::host::Host;
use crate::chaos::line::Purpose;
use crate::chaos::scenario::{
    Blow, Doors, Mishap, Patience, Scenario, Storm, Trouble, What, When, Work, rules,
};
use crate::{config, node};
use emqx_rebalance_core::driver::{Guard, Outcome, OutcomeKind};
use emqx_rebalance_sim::{Fault, LoadBalancer, Policy, Release};

const CALM: Storm =
    Storm { from_ms: 0, to_ms: 0, lost: 0, delayed: 0, late: 0, slowest_ms: 1, seed: 1 };
const PATIENCE: Patience = Patience {
    poll_interval_ms: 1000,
    empty_polls: 3,
    settle_s: 30,
    max_missing_percent: 10,
    grace_s: 5,
};

pub(super) fn scenario(
    release: Release,
    clients: &[u64],
    work: Work,
    faults: Vec<(u64, Fault)>,
) -> Scenario {
    let at = |(at, fault)| Trouble { when: When::At(at), what: vec![(0, What::Emqx(fault))] };
    Scenario {
        config: config(release, clients),
        doors: Doors::Named,
        work,
        is_told: false,
        rate: 10,
        waits: (3, 3),
        patience: PATIENCE,
        troubles: faults.into_iter().map(at).collect(),
        storm: CALM,
        fates: Vec::new(),
        mishaps: Vec::new(),
        stop_at_ms: None,
        one_by_one: false,
    }
}

fn driven(scenario: &Scenario) -> (Host, Outcome) {
    let mut host = Host::new(scenario);
    assert!(host.drive(), "{}", crate::chaos::told(&host));
    assert!(host.wrong.is_empty(), "{}", crate::chaos::told(&host));
    let outcome = host.subject.outcome().cloned().unwrap();
    if let Err(wrong) = check::verdict(&mut host) {
        panic!("{wrong} {}", crate::chaos::told(&host));
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

#[test]
fn nothing_is_sent_with_a_verdict_nor_after_it() {
    // The key is bad from some time on; what one of several questions is told ends the work, while
    // others are still to be asked of the next node.
    let work = Work::Single { coordinator: 2 };
    for seed in 0..20 {
        let mut scenario = scenario(Release::V4_4, &[300, 300, 0], work, Vec::new());
        let bad_key = Trouble { when: When::At(8_000), what: vec![(0, What::Key(false))] };
        scenario.troubles = vec![bad_key];
        scenario.stop_at_ms = Some(10_000);
        scenario.doors = Doors::Each;
        scenario.one_by_one = true;
        scenario.patience.settle_s = 5;
        let storm = Storm { from_ms: 8_000, to_ms: 60_000, lost: 20, delayed: 60, ..CALM };
        scenario.storm = Storm { slowest_ms: 3_000, seed, ..storm };
        driven(&scenario);
    }
}

#[test]
fn a_process_that_stood_still_does_not_say_that_time_is_up() {
    // The run ended by itself meanwhile, and reached its goal.
    let work = Work::Single { coordinator: 2 };
    for step in 10..20 {
        let mut scenario = scenario(Release::V5_8, &[300, 300, 0], work, Vec::new());
        scenario.mishaps = vec![Mishap { step, what: Blow::Pause { for_ms: 270_000 } }];
        let (_, outcome) = driven(&scenario);
        assert_eq!(outcome.result, OutcomeKind::Completed, "{step}: {outcome:?}");
    }
}

#[test]
fn a_wave_that_emqx_does_not_need_is_no_success_where_the_counts_say_otherwise() {
    // EMQX 4.4.12 counts sessions for clients, and decides by the clients alone.
    let mut scenario = scenario(Release::V4_4_12, &[0, 0, 0, 2, 0, 0], Work::Level, Vec::new());
    scenario.config.nodes[4].disconnected_sessions = 5;
    let (_, outcome) = driven(&scenario);
    let over = outcome.balance.map_or(0.0, |balance| balance.over);
    assert!(outcome.result != OutcomeKind::Completed || over < 1.0, "{outcome:?}");
}

#[test]
fn a_node_that_is_cut_off_and_evacuates_is_not_said_to_be_stopped() {
    // Its peers show no evacuation; its own API says that it is closed, until it dies.
    let faults = vec![
        (1, Fault::NodeCutOff { node: node(2) }),
        (31_000, Fault::NodeKilled { node: node(2) }),
    ];
    for release in [Release::V4_4, Release::V5_3, Release::V5_8, Release::V6_2] {
        let work = Work::Evacuation { node: 1 };
        let mut scenario = scenario(release, &[0, 0], work, faults.clone());
        scenario.patience.settle_s = 15;
        driven(&scenario);
    }
}

#[test]
fn a_clock_that_goes_back_while_a_question_is_asked_again_does_not_stop_the_driver() {
    let work = Work::Single { coordinator: 2 };
    for step in 5..40 {
        let mut scenario = scenario(Release::V5_8, &[300, 300, 0], work, Vec::new());
        scenario.mishaps = vec![Mishap { step, what: Blow::Jump { by_s: -3_600 } }];
        scenario.doors = Doors::Balanced;
        scenario.one_by_one = true;
        scenario.storm = Storm { to_ms: 60_000, lost: 30, slowest_ms: 1_000, ..CALM };
        driven(&scenario);
    }
}

#[test]
fn clients_who_are_back_are_not_said_to_stay_away() {
    // Two of four are dropped at once, and are back within a second. A node that hangs from then on
    // keeps the verdict waiting.
    let hung = Fault::NodeHung { node: node(4) };
    let mut scenario = scenario(Release::V5_10, &[2, 0, 0, 2], Work::Level, vec![(5_500, hung)]);
    scenario.config.load_balancer = LoadBalancer::ideal(Policy::LeastConnections);
    (scenario.config.reconnect.min_ms, scenario.config.reconnect.max_ms) = (600, 1_200);
    scenario.rate = 60;
    scenario.patience.poll_interval_ms = 500;
    scenario.patience.grace_s = 18;
    let (_, outcome) = driven(&scenario);
    assert!(!outcome.detail.contains("do not come back"), "{outcome:?}");
}

#[test]
fn a_node_that_is_cut_off_and_asked_first_hides_nothing() {
    for release in Release::ALL {
        for doors in [Doors::Named, Doors::Each] {
            let cut = vec![(6_000, Fault::NodeCutOff { node: node(1) })];
            let work = Work::Evacuation { node: 1 };
            let mut scenario = scenario(release, &[10, 300, 10, 10], work, cut);
            scenario.doors = doors;
            let (_, outcome) = driven(&scenario);
            assert_eq!(
                outcome.result,
                OutcomeKind::Completed,
                "{release:?}, {doors:?}: {outcome:?}"
            );
        }
    }
}
