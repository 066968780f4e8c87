//! What is seen too early, too late, by some alone or not at all, and what was made of it.

use super::{CALM, driven, scenario};
use crate::chaos::aims;
use crate::chaos::crowd::{Plight, Route};
use crate::chaos::scenario::{
    Blow, Doors, Mishap, Moment, Scenario, Storm, Trouble, What, When, Work, rules,
};
use crate::node;
use emqx_rebalance_core::driver::OutcomeKind;
use emqx_rebalance_sim::{Fault, HttpFailure, HttpFault, LoadBalancer, Policy, Release};

/// A scenario in which nothing befalls the cluster.
fn succeeds(scenario: &Scenario) {
    let (host, _) = driven(scenario);
    if let Err(wrong) = aims::success(&host) {
        panic!("{wrong} {:?} {}", scenario.mishaps, crate::chaos::told(&host));
    }
}

#[test]
fn an_answer_that_takes_long_does_not_say_that_nothing_moves() {
    // Each way takes up to a minute, and counts are read before the answer of what runs is here.
    for seed in 0..40 {
        let work = Work::Single { coordinator: 2 };
        let mut scenario = scenario(Release::V5_8, &[140, 100, 40], work, Vec::new());
        scenario.storm = Storm { to_ms: 14_000, delayed: 60, slowest_ms: 45_000, seed, ..CALM };
        let (_, outcome) = driven(&scenario);
        assert_ne!(outcome.result, OutcomeKind::Stalled, "{seed}: {outcome:?}");
    }
}

#[test]
fn a_run_that_ends_while_nobody_can_look_was_not_cut_short() {
    // The poll that sees it gone has counts from before its end; one more wave is needed after it.
    for seed in 0..40 {
        let mut scenario = scenario(Release::V5_3, &[0, 125], Work::Level, Vec::new());
        scenario.config.nodes[0].disconnected_sessions = 13;
        scenario.doors = Doors::Each;
        scenario.rate = 2;
        scenario.patience.empty_polls = 1;
        scenario.storm = Storm { from_ms: 7_500, to_ms: 21_500, lost: 20, seed, ..CALM };
        succeeds(&scenario);
    }
}

#[test]
fn a_stop_that_emqx_has_answered_is_not_sent_by_the_next_process() {
    // It dies with the answer in hand, while the poll that the stop belongs to is still open; and
    // somebody else starts a run there.
    let other = Fault::ForeignRun {
        coordinator: node(3),
        nodes: Some(vec![node(1), node(2), node(3)]),
        strategy: rules(10, (3, 3)),
    };
    for step in 20..40 {
        let faults = vec![(11_000, other.clone())];
        let work = Work::Single { coordinator: 2 };
        let mut scenario = scenario(Release::V5_8, &[300, 300, 0], work, faults);
        scenario.one_by_one = true;
        scenario.stop_at_ms = Some(9_000);
        let what = Blow::Death { before_sending: false, for_ms: 4_000, skew_s: 0 };
        scenario.mishaps = vec![Mishap { step, what }];
        driven(&scenario);
    }
}

#[test]
fn time_in_which_a_process_stands_still_is_not_taken_for_the_runs() {
    // At every step, longer than the run takes, and too short to be told from slow answers.
    let works = [Work::Single { coordinator: 2 }, Work::Level, Work::Evacuation { node: 2 }];
    for (work, step) in works.into_iter().flat_map(|work| (1..60).map(move |step| (work, step))) {
        for for_ms in [105_000, 141_000, 150_500, 154_000] {
            let mut scenario = scenario(Release::V6_2, &[190, 10, 280], work, Vec::new());
            scenario.one_by_one = true;
            scenario.rate = 8;
            scenario.mishaps = vec![Mishap { step, what: Blow::Pause { for_ms } }];
            succeeds(&scenario);
        }
    }
}

#[test]
fn a_node_that_only_some_reach_behind_a_balancer_is_heard_by_its_own_word() {
    // Whoever the balancer asks for what runs does not reach it, whoever lists the nodes may.
    for at in (500..4_500).step_by(500) {
        let cut = vec![(at, Fault::NodeCutOff { node: node(3) })];
        let mut scenario = scenario(Release::V5_3, &[5, 5, 5], Work::Evacuation { node: 2 }, cut);
        scenario.doors = Doors::Balanced;
        driven(&scenario);
    }
}

#[test]
fn counts_are_of_the_time_at_which_they_came() {
    // Stops that nobody answers keep the poll open for minutes, while clients arrive.
    let silent = HttpFault::new(HttpFailure::NoAnswer).of_path("stop").times(7);
    let faults =
        vec![(0, Fault::Http { fault: silent }), (20_000, Fault::Arrivals { per_s: 38, for_s: 6 })];
    let work = Work::Single { coordinator: 0 };
    let mut scenario = scenario(Release::V5_8, &[0, 0, 0, 60], work, faults);
    scenario.stop_at_ms = Some(6_000);
    scenario.doors = Doors::Each;
    scenario.one_by_one = true;
    driven(&scenario);
}

#[test]
fn a_node_is_empty_by_counts_that_are_read_with_what_runs() {
    // What is slow to come was counted before somebody else's rebalance gave the node sessions.
    for seed in 0..60 {
        let other =
            Fault::ForeignRun { coordinator: node(2), nodes: None, strategy: rules(26, (2, 2)) };
        let work = Work::Evacuation { node: 0 };
        let faults = vec![(31_000, other)];
        let mut scenario = scenario(Release::V4_4_12, &[0, 0, 19, 7], work, faults);
        scenario.config.nodes[3].disconnected_sessions = 8;
        scenario.doors = Doors::Each;
        let storm = Storm { from_ms: 14_000, to_ms: 59_000, lost: 24, delayed: 14, ..CALM };
        scenario.storm = Storm { slowest_ms: 58_000, seed, ..storm };
        scenario.patience.empty_polls = 1;
        let nap = Blow::Pause { for_ms: if seed % 2 == 0 { 268_000 } else { 133_500 } };
        scenario.mishaps =
            vec![Mishap { step: 20 + usize::try_from(seed % 10).unwrap(), what: nap }];
        driven(&scenario);
    }
}

#[test]
fn a_run_that_a_slow_look_does_not_show_is_not_late() {
    // A pause behind a balancer, on a line so bad that only some nodes are heard after it.
    for seed in 0..60 {
        let work = Work::Single { coordinator: 0 };
        let mut scenario = scenario(Release::V5_10, &[132, 212, 320, 147], work, Vec::new());
        scenario.doors = Doors::Balanced;
        scenario.rate = 13;
        let storm = Storm { from_ms: 8_600, to_ms: 23_600, lost: 14, delayed: 19, ..CALM };
        scenario.storm = Storm { slowest_ms: 3_800, seed, ..storm };
        scenario.mishaps = vec![Mishap { step: 24, what: Blow::Pause { for_ms: 134_500 } }];
        succeeds(&scenario);
    }
}

#[test]
fn a_start_that_arrives_in_a_later_wave_is_ours_still() {
    // Starts get no answer, and arrive up to 40 s after they were given up.
    for seed in 0..60 {
        let mut scenario = scenario(Release::V5_8, &[248, 0, 0], Work::Level, Vec::new());
        scenario.config.load_balancer = LoadBalancer::ideal(Policy::LeastConnections);
        scenario.config.nodes[1].disconnected_sessions = 42;
        scenario.rate = 17;
        scenario.waits = (5, 2);
        let storm = Storm { from_ms: 23_000, to_ms: 57_000, lost: 15, late: 40, ..CALM };
        scenario.storm = Storm { seed, ..storm };
        driven(&scenario);
    }
}

#[test]
fn a_run_that_is_hidden_with_its_coordinator_has_not_vanished() {
    // One poll is enough to believe that it is gone, and comes from a node that does not hear of it.
    for at in (3_000..6_000).step_by(100) {
        let faults = vec![
            (at, Fault::NodeCutOff { node: node(2) }),
            (at + 2_100, Fault::NodeReached { node: node(2) }),
        ];
        let work = Work::Single { coordinator: 1 };
        let mut scenario = scenario(Release::V4_4_12, &[0, 0, 63], work, faults);
        scenario.doors = Doors::Balanced;
        scenario.rate = 1;
        scenario.waits = (1, 1);
        scenario.patience.empty_polls = 1;
        scenario.patience.poll_interval_ms = 668;
        driven(&scenario);
    }
}

#[test]
fn a_run_whose_start_was_on_its_way_is_told_to_stop_before_the_verdict() {
    // The user asks for a stop while the start takes longer than the patience.
    for work in [Work::Single { coordinator: 2 }, Work::Level, Work::Evacuation { node: 0 }] {
        for seed in 0..40 {
            let mut scenario = scenario(Release::V5_8, &[300, 200, 0], work, Vec::new());
            let storm = Storm { to_ms: 30_000, delayed: 90, slowest_ms: 20_000, ..CALM };
            scenario.storm = Storm { seed, ..storm };
            scenario.stop_at_ms = Some(3_000);
            scenario.patience.settle_s = 2;
            scenario.patience.grace_s = 1;
            driven(&scenario);
        }
    }
}

#[test]
fn a_start_that_nobody_saw_is_not_said_to_have_done_nothing() {
    // It arrives and begins while its driver is dead and another node hangs; those that repeat it do not.
    for at in (14_000..20_000).step_by(500) {
        let hung = vec![(at, Fault::NodeHung { node: node(3) })];
        let clients = [246, 0, 0, 0, 0, 0];
        let mut scenario = scenario(Release::V4_4_12, &clients, Work::Level, hung);
        scenario.doors = Doors::Balanced;
        scenario.rate = 1;
        scenario.waits = (5, 5);
        let (before_sending, for_ms) = (false, 22_000);
        let what = Blow::Death { before_sending, for_ms, skew_s: 0 };
        scenario.mishaps = vec![Mishap { step: 2, what }];
        driven(&scenario);
    }
}

#[test]
fn a_start_that_arrives_while_it_waits_to_be_repeated_is_seen() {
    // Its answer is lost, polls do not show it, and a node dies, so that everything is to stop.
    for seed in 0..60 {
        let killed = vec![(9_000, Fault::NodeKilled { node: node(3) })];
        let clients = [360, 0, 0, 214, 303];
        let mut scenario = scenario(Release::V4_4, &clients, Work::Level, killed);
        scenario.doors = Doors::Each;
        scenario.rate = 9;
        scenario.patience.settle_s = 1;
        scenario.storm = Storm { to_ms: 8_000, lost: 5, late: 50, seed, ..CALM };
        driven(&scenario);
    }
}

#[test]
fn an_evacuation_on_a_node_that_hangs_until_it_is_declared_down_is_not_gone() {
    // Whoever has declared it down shows no evacuation, and must not say that the node runs.
    for release in Release::ALL {
        let hung = vec![(0, Fault::NodeHung { node: node(1) })];
        let mut scenario = scenario(release, &[0, 0], Work::Evacuation { node: 0 }, hung);
        scenario.doors = Doors::Balanced;
        scenario.patience.empty_polls = 1;
        scenario.patience.poll_interval_ms = 300;
        scenario.patience.settle_s = 6;
        (scenario.rate, scenario.waits) = (1, (1, 1));
        driven(&scenario);
    }
}

#[test]
fn a_run_whose_donor_hangs_is_not_gone_although_the_plan_has_it_for_a_recipient() {
    // EMQX 4.4.12 counts sessions for clients, plans are made by those, and EMQX picks by the clients.
    for at in (10_600..12_600).step_by(100) {
        let hung = vec![
            (at, Fault::NodeHung { node: node(1) }),
            (at + 28_000, Fault::NodeResumed { node: node(1) }),
        ];
        let mut scenario = scenario(Release::V4_4_12, &[177, 168], Work::Level, hung);
        scenario.config.nodes[0].disconnected_sessions = 11;
        scenario.config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
        (scenario.config.reconnect.min_ms, scenario.config.reconnect.max_ms) = (0, 0);
        scenario.config.seed = 0;
        scenario.doors = Doors::Each;
        scenario.rate = 11;
        scenario.waits = (1, 3);
        scenario.patience.empty_polls = 1;
        scenario.patience.poll_interval_ms = 432;
        scenario.patience.settle_s = 1;
        driven(&scenario);
    }
}

#[test]
fn a_wave_that_a_pause_pulls_apart_is_ended_without_harm() {
    // EMQX refuses its last start, for what the first ones have begun minutes before, and the counts
    // are within the goal.
    let clients = [277, 118, 103, 174, 366];
    for step in 80..90 {
        let mut scenario = scenario(Release::V6, &clients, Work::Level, Vec::new());
        scenario.config.nodes[3].disconnected_sessions = 73;
        scenario.config.nodes[4].disconnected_sessions = 72;
        scenario.config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
        scenario.doors = Doors::Balanced;
        scenario.rate = 17;
        scenario.waits = (4, 1);
        scenario.patience.poll_interval_ms = 1_416;
        scenario.patience.empty_polls = 4;
        scenario.config.seed = 2_303_863_930_871_627_636;
        let storm = Storm { from_ms: 19_825, to_ms: 34_312, lost: 12, slowest_ms: 100, ..CALM };
        scenario.storm = Storm { seed: 13_999_537_671_356_969_448, ..storm };
        scenario.mishaps = vec![Mishap { step, what: Blow::Pause { for_ms: 220_568 } }];
        succeeds(&scenario);
    }
}

#[test]
fn clients_are_counted_from_the_first_look_and_not_from_before_it() {
    // A run of somebody else has clients on their way while the process is dead; later ours has.
    let other =
        Fault::ForeignRun { coordinator: node(1), nodes: None, strategy: rules(29, (2, 2)) };
    for away_ms in (1_000..5_000).step_by(250) {
        let work = Work::Single { coordinator: 2 };
        let faults = vec![(23_131, other.clone())];
        let mut scenario = scenario(Release::V4_4, &[155, 0, 78], work, faults);
        let route = |route| What::Clients(Plight::Route(route));
        let what = vec![(0, route(Route::Nowhere)), (away_ms, route(Route::ByPolicy))];
        scenario.troubles.push(Trouble { when: When::At(53_558), what });
        (scenario.config.reconnect.min_ms, scenario.config.reconnect.max_ms) = (978, 2_049);
        scenario.config.seed = 145_292_212_167_362_570;
        scenario.rate = 46;
        scenario.waits = (7, 1);
        scenario.patience.poll_interval_ms = 690;
        scenario.patience.grace_s = 2;
        let (before_sending, for_ms) = (false, 46_548);
        let what = Blow::Death { before_sending, for_ms, skew_s: 0 };
        scenario.mishaps = vec![Mishap { step: 1, what }];
        driven(&scenario);
    }
}

#[test]
fn a_start_that_died_with_its_process_may_have_arrived() {
    // Its run is stopped, and somebody else starts the same: it may be the one that died.
    let mut scenario =
        scenario(Release::V4_4_12, &[0, 0, 148, 188, 50, 14], Work::Level, Vec::new());
    scenario.config.nodes[2].disconnected_sessions = 39;
    let twin = vec![(0, What::Twin(0))];
    scenario.troubles = vec![Trouble { when: When::After(Moment::Starting, 543), what: twin }];
    scenario.rate = 1;
    scenario.waits = (1, 1);
    scenario.doors = Doors::Each;
    scenario.patience.poll_interval_ms = 300;
    scenario.patience.empty_polls = 1;
    scenario.patience.settle_s = 1;
    let what = Blow::Death { before_sending: true, for_ms: 0, skew_s: 0 };
    scenario.mishaps = vec![Mishap { step: 2, what }];
    driven(&scenario);
}
