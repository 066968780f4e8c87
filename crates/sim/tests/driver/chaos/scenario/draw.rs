//! Draws cases: tiny and larger clusters, plans of every kind, and troubles at every moment.

use super::*;

/// Anything may happen.
pub(in crate::chaos) fn chaos() -> impl Strategy<Value = Scenario> {
    (1..=6_usize).prop_flat_map(|nodes| {
        let troubles = prop::collection::vec(troubles(nodes), 0..5);
        let stop = prop_oneof![4 => Just(None), 1 => (0..60_000_u64).prop_map(Some)];
        let storm = storm(0..=25, 0..=25, prop_oneof![2 => Just(0_u64), 1 => 0..=25_u64].boxed());
        let host = (doors(), mishaps(), stop, any::<bool>());
        (clusters(nodes), works(nodes), manners(), troubles, storm, host).prop_map(
            |(config, work, (rate, waits, patience), troubles, storm, host)| {
                let (doors, mishaps, stop_at_ms, one_by_one) = host;
                Scenario {
                    config,
                    doors,
                    work,
                    is_told: false,
                    rate,
                    waits,
                    patience,
                    troubles,
                    storm,
                    fates: Vec::new(),
                    mishaps,
                    stop_at_ms,
                    one_by_one,
                }
            },
        )
    })
}

/// The cluster is well and the driver alone suffers: it loses answers for a while, and dies.
pub(in crate::chaos) fn bad_line() -> impl Strategy<Value = Scenario> {
    let storm = storm(0..=20, 0..=40, Just(0_u64).boxed());
    chaos().prop_flat_map(move |scenario| (Just(scenario), storm.clone())).prop_map(
        |(mut scenario, mut storm)| {
            storm.to_ms = storm.to_ms.min(storm.from_ms + 15_000);
            scenario.config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
            scenario.config.reconnect = Reconnect::default();
            // Who cannot tell clients from sessions plans for other donors than EMQX finds.
            let sees_clients = shows_live(scenario.config.personality);
            let has_sessions = |node: &NodeConfig| node.disconnected_sessions > 0;
            if !sees_clients && scenario.config.nodes.iter().any(has_sessions) {
                scenario.config.personality = Release::V4_4;
            }
            scenario.troubles.clear();
            // The clients of an only node have nowhere else to go.
            if scenario.config.nodes.len() == 1 {
                scenario.work = Work::Level;
            }
            // Not so fast that a tick alone looks like clients that do not come back.
            let clients: u64 = scenario.config.nodes.iter().map(|node| node.clients).sum();
            let gentle = u32::try_from(clients / 60).unwrap_or(u32::MAX).max(1);
            scenario.rate = scenario.rate.min(gentle);
            scenario.stop_at_ms = None;
            Scenario { storm, ..scenario }
        },
    )
}

/// The line is good and the clients alone suffer: they stay away, all, some, or for a while.
pub(in crate::chaos) fn lost_clients() -> impl Strategy<Value = Scenario> {
    let away = prop_oneof![
        3 => prop_oneof![5..=100_u64, Just(100)].prop_map(|percent| one(What::Clients(Plight::StayAway(percent)))),
        2 => routes(1),
        2 => slow_returns(),
    ];
    let when = prop_oneof![Just(0_u64), 0..60_000_u64].prop_map(When::At);
    let trouble = (when, away).prop_map(|(when, what)| Trouble { when, what });
    (chaos(), trouble).prop_map(|(scenario, trouble)| {
        let storm = Storm { from_ms: 0, to_ms: 0, ..scenario.storm };
        let (mishaps, troubles) = (Vec::new(), vec![trouble]);
        Scenario { storm, mishaps, troubles, stop_at_ms: None, ..scenario }
    })
}

/// All is well, but the clients take their time, and some may never come.
pub(in crate::chaos) fn slow_fleets() -> impl Strategy<Value = Scenario> {
    let never = prop_oneof![2 => Just(0_u32), 1 => 1..=60_u32];
    let fleet = (0..=100_u32, 3..=90_u32, never).prop_map(|(soon, last_s, never)| {
        let comes = f64::from(100 - never) / 100.0;
        let soon = comes * f64::from(soon) / 100.0;
        let points = [(0.5, 0.0), (1.5, soon), (f64::from(last_s), comes)];
        ReconnectProfile::new(&points).unwrap()
    });
    let quiet = bad_line().prop_filter("clients to move", |scenario| {
        let clients: u64 = scenario.config.nodes.iter().map(|node| node.clients).sum();
        scenario.config.nodes.len() > 1 && clients > 50
    });
    (quiet, fleet, any::<bool>()).prop_map(|(mut scenario, fleet, is_told)| {
        scenario.config.reconnect = Reconnect::by(fleet);
        let storm = Storm { from_ms: 0, to_ms: 0, ..scenario.storm };
        // A grace that is shorter than by default takes slow clients for lost ones, as asked.
        let patience = Patience { grace_s: 5, max_missing_percent: 10, ..scenario.patience };
        Scenario { storm, mishaps: Vec::new(), is_told, patience, ..scenario }
    })
}

fn clusters(nodes: usize) -> impl Strategy<Value = ClusterConfig> {
    // Of any size, or of a handful of clients in all.
    let many = prop_oneof![1 => Just(0_u64), 3 => 0..400_u64];
    let few = prop_oneof![4 => Just(0_u64), 1 => 1..=3_u64];
    let sessions = || prop_oneof![2 => Just(0), 1 => 0..80_u64];
    let loads = prop_oneof![
        5 => prop::collection::vec((many, sessions()), nodes),
        1 => prop::collection::vec((few, sessions()), nodes),
    ];
    let policies = [Policy::RoundRobin, Policy::Random, Policy::LeastConnections];
    let balancer = (
        prop::sample::select(policies.to_vec()),
        prop_oneof![Just(0_u64), 500..3000_u64],
        1..4_u32,
        1..3_u32,
    );
    let reconnect = (0..1500_u64, 0..1500_u64, 200..1000_u64);
    let releases = prop::sample::select(Release::ALL.to_vec());
    (loads, balancer, reconnect, releases, any::<u64>()).prop_map(
        |(
            loads,
            (policy, check_interval_ms, fall, rise),
            (min_ms, more, retry_ms),
            release,
            seed,
        )| {
            let clients: Vec<u64> = loads.iter().map(|(clients, _)| *clients).collect();
            let mut config = ClusterConfig::with_clients(&clients).unwrap();
            for (node, (_, sessions)) in config.nodes.iter_mut().zip(&loads) {
                node.disconnected_sessions = *sessions;
            }
            config.personality = release;
            config.load_balancer = LoadBalancer { policy, check_interval_ms, fall, rise };
            let max_ms = min_ms + more;
            config.reconnect = Reconnect { min_ms, max_ms, retry_ms, ..Reconnect::default() };
            config.seed = seed;
            config
        },
    )
}

fn doors() -> impl Strategy<Value = Doors> {
    prop_oneof![3 => Just(Doors::Each), 3 => Just(Doors::Named), 1 => Just(Doors::Balanced)]
}

fn works(nodes: usize) -> impl Strategy<Value = Work> {
    prop_oneof![
        2 => (0..nodes).prop_map(|coordinator| Work::Single { coordinator }),
        2 => Just(Work::Level),
        2 => (0..nodes).prop_map(|node| Work::Evacuation { node }),
    ]
}

fn manners() -> impl Strategy<Value = (u32, (u32, u32), Patience)> {
    let polls = (300..5000_u32, 1..=5_u32, 1..=60_u32);
    let missing = prop_oneof![2 => Just(10_u32), 1 => 1..=100_u32];
    let patience = (polls, missing, prop_oneof![2 => Just(5_u32), 1 => 1..=20_u32]).prop_map(
        |((poll_interval_ms, empty_polls, settle_s), max_missing_percent, grace_s)| Patience {
            poll_interval_ms,
            empty_polls,
            settle_s,
            max_missing_percent,
            grace_s,
        },
    );
    (1..80_u32, (1..8_u32, 1..8_u32), patience)
}

fn storm(
    lost: RangeInclusive<u64>,
    delayed: RangeInclusive<u64>,
    late: BoxedStrategy<u64>,
) -> impl Strategy<Value = Storm> + Clone {
    let slowest = prop_oneof![3 => 100..5_000_u64, 1 => 5_000..60_000_u64];
    (0..30_000_u64, 0..60_000_u64, lost, delayed, late, slowest, any::<u64>()).prop_map(
        |(from_ms, for_ms, lost, delayed, late, slowest_ms, seed)| {
            let to_ms = from_ms + for_ms;
            Storm { from_ms, to_ms, lost, delayed, late, slowest_ms, seed }
        },
    )
}

/// Seconds by which a clock is wrong: none, some, or years.
fn skews() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => Just(0_i64),
        2 => -10..10_i64,
        1 => -7_200..7_200_i64,
        1 => prop::sample::select(vec![-63_072_000_i64, -86_400, 86_400, 63_072_000]),
    ]
}

fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let nap = prop_oneof![2 => 0..2_000_u64, 1 => 0..90_000_u64];
    let death = (any::<bool>(), nap, skews()).prop_map(|(before_sending, for_ms, skew_s)| {
        Blow::Death { before_sending, for_ms, skew_s }
    });
    let blow = prop_oneof![
        4 => death,
        1 => (1_000..300_000_u64).prop_map(|for_ms| Blow::Pause { for_ms }),
        1 => skews().prop_map(|by_s| Blow::Jump { by_s }),
    ];
    let mishap = (1..150_usize, blow).prop_map(|(step, what)| Mishap { step, what });
    prop::collection::vec(mishap, 0..4)
}

fn troubles(nodes: usize) -> impl Strategy<Value = Trouble> {
    let moments =
        [Moment::Starting, Moment::Started, Moment::Gone, Moment::Stopping, Moment::NextWave];
    let after = (prop::sample::select(moments.to_vec()), prop_oneof![Just(0), 0..8_000_u64]);
    let when = prop_oneof![
        3 => (0..70_000_u64).prop_map(When::At),
        1 => after.prop_map(|(moment, ms)| When::After(moment, ms)),
    ];
    (when, kinds(nodes)).prop_map(|(when, what)| Trouble { when, what })
}

fn one(what: What) -> Vec<(u64, What)> {
    vec![(0, what)]
}

fn then(what: What, after: Option<u64>, end: What) -> Vec<(u64, What)> {
    let end = after.map(|after| (after, end));
    std::iter::once((0, what)).chain(end).collect()
}

fn names(nodes: usize) -> impl Strategy<Value = emqx_rebalance_core::NodeName> {
    (1..=nodes).prop_map(node)
}

fn afterwards() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![1 => Just(None), 2 => (1_000..5_000_u64).prop_map(Some), 3 => (500..60_000_u64).prop_map(Some)]
}

/// One trouble: what happens, and what ends it.
fn kinds(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    prop_oneof![
        4 => of_nodes(nodes),
        3 => of_others(nodes),
        3 => of_clients(nodes),
        3 => of_answers(nodes),
    ]
}

fn of_nodes(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    let fault = |fault, after, end| then(What::Emqx(fault), after, What::Emqx(end));
    prop_oneof![
        3 => (names(nodes), afterwards()).prop_map(move |(node, after)| {
            fault(Fault::NodeKilled { node: node.clone() }, after, Fault::NodeRestarted { node })
        }),
        3 => (names(nodes), afterwards()).prop_map(move |(node, after)| {
            fault(Fault::NodeHung { node: node.clone() }, after, Fault::NodeResumed { node })
        }),
        1 => (names(nodes), 100..60_000_u64, afterwards()).prop_map(move |(node, ms, after)| {
            fault(Fault::NodeSlow { node: node.clone(), ms }, after, Fault::NodeSlow { node, ms: 0 })
        }),
        2 => (names(nodes), afterwards()).prop_map(move |(node, after)| {
            fault(Fault::NodeCutOff { node: node.clone() }, after, Fault::NodeReached { node })
        }),
        2 => names(nodes).prop_map(|node| one(What::Emqx(Fault::CoordinatorCrash { node }))),
    ]
}

fn of_others(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    let stop = |coordinator| What::Emqx(Fault::ForeignStop { coordinator });
    prop_oneof![
        2 => names(nodes).prop_map(move |node| one(stop(node))),
        1 => names(nodes).prop_map(|node| one(What::Emqx(Fault::ForeignEvacuation { node }))),
        2 => (names(nodes), 5..60_u32).prop_map(|(coordinator, rate)| {
            let strategy = rules(rate, (2, 2));
            one(What::Emqx(Fault::ForeignRun { coordinator, nodes: None, strategy }))
        }),
        1 => (0..2_usize).prop_map(|run| one(What::Twin(run))),
        // Somebody stops ours and starts the same.
        1 => (names(nodes), 0..2_usize, 1..3_000_u64)
            .prop_map(move |(node, run, after)| then(stop(node), Some(after), What::Twin(run))),
    ]
}

fn of_clients(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    let few = (1..40_u64, 1..30_u64);
    prop_oneof![
        2 => routes(nodes),
        1 => slow_returns(),
        1 => (5..=100_u64).prop_map(|percent| one(What::Clients(Plight::StayAway(percent)))),
        1 => few.clone().prop_map(|(per_s, for_s)| one(What::Clients(Plight::Depart { per_s, for_s }))),
        1 => few.prop_map(|(per_s, for_s)| one(What::Emqx(Fault::Arrivals { per_s, for_s }))),
    ]
}

fn routes(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    let route = prop_oneof![Just(Route::Nowhere), (0..nodes).prop_map(Route::Sticky)];
    let route_to = |route| What::Clients(Plight::Route(route));
    (route, afterwards())
        .prop_map(move |(route, after)| then(route_to(route), after, route_to(Route::ByPolicy)))
}

fn slow_returns() -> impl Strategy<Value = Vec<(u64, What)>> {
    (300..9_000_u64, prop_oneof![0..9_000_u64, 0..90_000_u64]).prop_map(|(min_ms, more)| {
        let reconnect = Reconnect { min_ms, max_ms: min_ms + more, ..Reconnect::default() };
        one(What::Emqx(Fault::Reconnect { reconnect }))
    })
}

fn of_answers(nodes: usize) -> impl Strategy<Value = Vec<(u64, What)>> {
    let paths = ["start", "stop", "global_status", "nodes", "availability_check", "load_rebalance"];
    let http = (
        prop::sample::select(HttpFailure::ALL.to_vec()),
        prop::sample::select(paths.to_vec()),
        1..8_u32,
    );
    prop_oneof![
        3 => http.prop_map(|(failure, path, times)| {
            one(What::Emqx(Fault::Http { fault: HttpFault::new(failure).of_path(path).times(times) }))
        }),
        1 => (names(nodes), any::<bool>(), 500..60_000_u64).prop_map(|(node, is_left_out, for_ms)| {
            let lie = if is_left_out { Lie::LeavesOut(node) } else { Lie::Unreachable(node) };
            one(What::Lie(lie, for_ms))
        }),
        1 => (500..8_000_u64).prop_map(|for_ms| one(What::Lie(Lie::HidesRuns, for_ms))),
        1 => afterwards().prop_map(|after| then(What::Key(false), after, What::Key(true))),
    ]
}
