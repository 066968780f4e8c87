//! Nodes that hang, that cannot be asked, that are new or worn out: what the others show of them,
//! and how long they take. Sources: contract/6.0.3, 06_hang_*, contract/5.3.2, 06_hang_*, EMQX's
//! source.

#![cfg(test)]

use emqx_rebalance_core::NodeName;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_sim::{
    Answer, ClusterConfig, Fault, LoadBalancer, Policy, Release, Simulation, Ticket,
};
use http::{Request, Response};
use serde_json::{Value, json};

const START: &str = r#"{"abs_conn_threshold":1,"rel_conn_threshold":1.01,"conn_evict_rate":1,
    "wait_health_check":0,"wait_takeover":0}"#;
/// Every release whose API is of v5.
const V5: [Release; 5] = [Release::V5_3, Release::V5_8, Release::V5_10, Release::V6, Release::V6_2];

fn node(number: usize) -> NodeName {
    NodeName::new(format!("emqx{number}@127.0.0.1")).unwrap()
}

fn simulation(release: Release, clients: &[u64]) -> Simulation {
    let mut config = ClusterConfig::with_clients(clients).unwrap();
    config.personality = release;
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    Simulation::new(config).unwrap()
}

fn request(method: &str, path: &str, body: &str) -> Request<Vec<u8>> {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode("emqx-rebalance:embedded-cluster");
    Request::builder()
        .method(method)
        .uri(format!("/api/v5/{path}"))
        .header("content-type", "application/json")
        .header("authorization", format!("Basic {pair}"))
        .body(body.into())
        .unwrap()
}

/// What became of a request.
enum Came {
    At(u64, Response<Vec<u8>>),
    Closed(u64),
    Never,
}

impl Came {
    fn at_once(self) -> Response<Vec<u8>> {
        match self {
            Self::At(0, answer) => answer,
            Self::At(ms, _) => panic!("after {ms} ms"),
            Self::Closed(ms) => panic!("closed after {ms} ms"),
            Self::Never => panic!("never"),
        }
    }

    fn after(self, expected_ms: u64) -> Response<Vec<u8>> {
        match self {
            Self::At(ms, answer) if ms == expected_ms => answer,
            Self::At(ms, _) => panic!("after {ms} ms"),
            Self::Closed(ms) => panic!("closed after {ms} ms"),
            Self::Never => panic!("never"),
        }
    }
}

fn inject(simulation: &mut Simulation, fault: &Fault) {
    simulation.inject(fault).unwrap();
}

fn advance(simulation: &mut Simulation, ms: u64) {
    let to = simulation.cluster.now().plus_ms(ms);
    simulation.advance(to);
}

/// Sends a request and waits two minutes at most.
fn send(simulation: &mut Simulation, via: usize, request: &Request<Vec<u8>>) -> Came {
    let began = simulation.cluster.now();
    let answer = simulation.answer(via - 1, request);
    let (answer, ms) = match answer {
        Answer::Waiting(ticket) => match wait(simulation, ticket, began.plus_ms(110_000)) {
            Some(answer) => (answer, simulation.cluster.now().ms_since(began)),
            None => {
                simulation.give_up(ticket);
                return Came::Never;
            }
        },
        answer => (answer, 0),
    };
    match answer {
        Answer::Response(answer) => Came::At(ms, answer),
        Answer::Reset => Came::Closed(ms),
        other => panic!("{other:?}"),
    }
}

fn wait(simulation: &mut Simulation, ticket: Ticket, until: Timestamp) -> Option<Answer> {
    loop {
        let next = simulation.next_event();
        if next > until {
            return None;
        }
        simulation.advance(next);
        if let Some(answer) = simulation.collect(ticket) {
            return Some(answer);
        }
    }
}

fn get(simulation: &mut Simulation, via: usize, path: &str) -> Came {
    send(simulation, via, &request("GET", path, ""))
}

fn start(simulation: &mut Simulation, coordinator: usize, nodes: &[usize]) -> Came {
    let mut body: Value = serde_json::from_str(START).unwrap();
    if !nodes.is_empty() {
        body["nodes"] = nodes.iter().map(|number| json!(node(*number))).collect();
    }
    let path = format!("load_rebalance/emqx{coordinator}@127.0.0.1/start");
    send(simulation, coordinator, &request("POST", &path, &body.to_string()))
}

fn body(answer: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}

/// The numbers of the nodes in a list, each with its status.
fn listed(answer: &Response<Vec<u8>>) -> Vec<(String, String)> {
    let name = |shown: &Value| shown["node"].as_str().unwrap()[4..5].to_owned();
    let status = |shown: &Value| shown["node_status"].as_str().unwrap().to_owned();
    let body = body(answer);
    body.as_array().unwrap().iter().map(|shown| (name(shown), status(shown))).collect()
}

fn running(numbers: &[&str]) -> Vec<(String, String)> {
    numbers.iter().map(|number| ((*number).to_owned(), "running".to_owned())).collect()
}

#[test]
fn nodes_come_after_30_s_without_the_one_that_hangs() {
    for release in V5 {
        let mut simulation = simulation(release, &[10, 10, 10]);
        inject(&mut simulation, &Fault::NodeHung { node: node(3) });
        let answer = get(&mut simulation, 1, "nodes").after(30_000);
        let mut expected = running(&["1", "2"]);
        if release == Release::V6_2 {
            expected.push(("3".to_owned(), "unreachable".to_owned()));
            let shown = body(&answer)[2].as_object().unwrap().len();
            assert_eq!(shown, 2, "neither counts nor a role");
        }
        assert_eq!(listed(&answer), expected, "{release:?}");
        // Only after net_ticktime do its peers take it for dead.
        advance(&mut simulation, 110_000);
        let answer = get(&mut simulation, 1, "nodes").at_once();
        assert_eq!(listed(&answer)[2], ("3".to_owned(), "stopped".to_owned()), "{release:?}");
    }
}

#[test]
fn what_needs_no_other_node_is_answered_at_once() {
    for release in V5 {
        let mut simulation = simulation(release, &[10, 10, 10]);
        inject(&mut simulation, &Fault::NodeHung { node: node(3) });
        for path in [
            "nodes/emqx2@127.0.0.1",
            "nodes/emqx2@127.0.0.1/stats",
            "monitor_current/nodes/emqx2@127.0.0.1",
            "load_rebalance/status",
            "load_rebalance/availability_check",
        ] {
            assert_eq!(get(&mut simulation, 1, path).at_once().status(), 200, "{path}");
        }
        let cluster = body(&get(&mut simulation, 1, "cluster").at_once());
        assert_eq!(cluster["nodes"].as_array().unwrap().len(), 3, "the hung one too");
    }
}

#[test]
fn what_asks_the_hung_node_ends_as_seen() {
    let mut simulation = simulation(Release::V6, &[10, 10, 10]);
    inject(&mut simulation, &Fault::NodeHung { node: node(3) });
    let hung = "nodes/emqx3@127.0.0.1";
    assert_eq!(get(&mut simulation, 1, hung).after(30_000).status(), 500);
    assert_eq!(get(&mut simulation, 1, "monitor_current").after(5_000).status(), 500);
    let stop = request("POST", "load_rebalance/emqx3@127.0.0.1/stop", "");
    let answer = send(&mut simulation, 1, &stop).after(15_000);
    assert_eq!(answer.status(), 500);
    assert!(text(&answer).contains("RPC error on node 'emqx3@127.0.0.1'"), "{}", text(&answer));
    let stats = get(&mut simulation, 1, "nodes/emqx3@127.0.0.1/stats");
    assert!(matches!(stats, Came::Closed(60_000)));
}

#[test]
fn a_global_status_takes_45_s_and_is_as_old() {
    for release in [Release::V5_10, Release::V6, Release::V6_2] {
        let mut simulation = simulation(release, &[50, 10, 10, 10]);
        assert_eq!(start(&mut simulation, 2, &[1, 2]).at_once().status(), 200);
        // A node without a part in it.
        inject(&mut simulation, &Fault::NodeHung { node: node(4) });
        let answer = get(&mut simulation, 3, "load_rebalance/global_status").after(45_000);
        assert_eq!(body(&answer)["rebalances"].as_array().unwrap().len(), 1, "{release:?}");
        // It has long ended.
        assert!(!simulation.cluster.is_busy(), "{release:?}");
        assert_eq!(get(&mut simulation, 1, "load_rebalance/status").at_once().status(), 200);
    }
    for release in [Release::V5_3, Release::V5_8] {
        let mut simulation = simulation(release, &[10, 10, 10]);
        inject(&mut simulation, &Fault::NodeHung { node: node(3) });
        let never = get(&mut simulation, 1, "load_rebalance/global_status");
        assert!(matches!(never, Came::Never), "{release:?}");
    }
}

#[test]
fn an_uninvolved_node_that_hangs_changes_nothing() {
    for release in V5 {
        let mut ends = Vec::new();
        for hangs in [false, true] {
            let mut simulation = simulation(release, &[50, 10, 10, 10]);
            // Else the load balancer's choice of nodes would be another.
            inject(&mut simulation, &Fault::LoadBalancer { down: true });
            if hangs {
                inject(&mut simulation, &Fault::NodeHung { node: node(4) });
            }
            assert_eq!(start(&mut simulation, 2, &[1, 2]).at_once().status(), 200, "{release:?}");
            while simulation.cluster.is_busy() {
                advance(&mut simulation, 500);
            }
            ends.push((simulation.cluster.now(), simulation.cluster.counts(0)));
        }
        assert_eq!(ends[0], ends[1], "{release:?}");
    }
}

#[test]
fn a_hang_within_the_limit_ends_no_run_and_a_longer_one_does() {
    for who in [1, 2] {
        for (seconds, survives) in [(14, true), (17, false)] {
            let mut simulation = simulation(Release::V6, &[500, 0, 0, 0]);
            assert_eq!(start(&mut simulation, 3, &[1, 2]).at_once().status(), 200);
            advance(&mut simulation, 2_500);
            inject(&mut simulation, &Fault::NodeHung { node: node(who) });
            advance(&mut simulation, seconds * 1000);
            inject(&mut simulation, &Fault::NodeResumed { node: node(who) });
            advance(&mut simulation, 1_000);
            assert_eq!(simulation.cluster.is_busy(), survives, "node {who} for {seconds} s");
        }
    }
}

#[test]
fn donors_stay_closed_while_their_coordinator_hangs_and_nobody_says_why() {
    let mut simulation = simulation(Release::V6, &[500, 0, 0, 0]);
    assert_eq!(start(&mut simulation, 4, &[1, 2]).at_once().status(), 200);
    advance(&mut simulation, 2_500);
    inject(&mut simulation, &Fault::NodeHung { node: node(4) });
    let answer = get(&mut simulation, 2, "load_rebalance/global_status").after(45_000);
    assert_eq!(body(&answer)["rebalances"], json!([]));
    advance(&mut simulation, 15_000);
    let closed = get(&mut simulation, 1, "load_rebalance/availability_check").at_once();
    assert_eq!(closed.status(), 503);
    // It was stopped between two rounds, so it goes on as if nothing had been.
    inject(&mut simulation, &Fault::NodeResumed { node: node(4) });
    assert!(simulation.cluster.is_busy());
}

#[test]
fn a_donor_that_waits_for_its_coordinator_hears_of_its_death() {
    let mut simulation = simulation(Release::V6, &[500, 0, 0, 0]);
    assert_eq!(start(&mut simulation, 4, &[1, 2]).at_once().status(), 200);
    advance(&mut simulation, 2_500);
    inject(&mut simulation, &Fault::NodeHung { node: node(2) });
    advance(&mut simulation, 5_000);
    let Came::At(ms, answer) = get(&mut simulation, 1, "load_rebalance/status") else {
        panic!("no answer")
    };
    assert!((1..15_000).contains(&ms), "{ms}");
    assert_eq!(answer.status(), 500);
    let message = body(&answer)["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("exit, {{{bad_nodes,['emqx2@127.0.0.1']}"), "{message}");
}

#[test]
fn a_start_that_names_a_hung_node_is_refused_after_15_s() {
    let mut simulation = simulation(Release::V6, &[50, 0, 0]);
    inject(&mut simulation, &Fault::NodeHung { node: node(3) });
    let refused = start(&mut simulation, 1, &[1, 2, 3]).after(15_000);
    assert_eq!(body(&refused)["message"], "Nodes unavailable: ['emqx3@127.0.0.1']");
    assert_eq!(start(&mut simulation, 1, &[]).after(15_000).status(), 500);
    assert_eq!(start(&mut simulation, 1, &[1, 2]).at_once().status(), 200);
}

#[test]
fn a_stop_that_emqx_gave_up_is_read_all_the_same() {
    let mut simulation = simulation(Release::V6, &[500, 0, 0]);
    assert_eq!(start(&mut simulation, 3, &[1, 2]).at_once().status(), 200);
    advance(&mut simulation, 1_500);
    inject(&mut simulation, &Fault::NodeHung { node: node(3) });
    let stop = request("POST", "load_rebalance/emqx3@127.0.0.1/stop", "");
    assert_eq!(send(&mut simulation, 1, &stop).after(15_000).status(), 500);
    assert!(simulation.cluster.is_busy());
    inject(&mut simulation, &Fault::NodeResumed { node: node(3) });
    assert!(!simulation.cluster.is_busy());
}

#[test]
fn a_node_that_is_cut_off_serves_and_is_shown_as_unreachable_or_not_at_all() {
    for release in V5 {
        let mut simulation = simulation(release, &[50, 0, 0]);
        inject(&mut simulation, &Fault::NodeCutOff { node: node(3) });
        let answer = get(&mut simulation, 1, "nodes").at_once();
        let unreachable = ("3".to_owned(), "unreachable".to_owned());
        assert_eq!(listed(&answer).contains(&unreachable), release == Release::V6_2);
        assert_eq!(listed(&answer)[..2], running(&["1", "2"])[..], "{release:?}");
        let own = get(&mut simulation, 3, "nodes").at_once();
        assert!(listed(&own).contains(&running(&["3"])[0]), "{release:?}");
        for path in ["load_rebalance/status", "load_rebalance/availability_check"] {
            assert_eq!(get(&mut simulation, 3, path).at_once().status(), 200);
        }
        assert!(simulation.cluster.door(2).accepts, "its clients do not notice");
        let refused = start(&mut simulation, 1, &[1, 3]).at_once();
        assert_eq!(body(&refused)["message"], "Nodes unavailable: ['emqx3@127.0.0.1']");
        inject(&mut simulation, &Fault::NodeReached { node: node(3) });
        let answer = get(&mut simulation, 1, "nodes").at_once();
        assert_eq!(listed(&answer), running(&["1", "2", "3"]), "{release:?}");
    }
}

#[test]
fn a_run_ends_whose_recipient_is_cut_off() {
    let mut simulation = simulation(Release::V6_2, &[500, 0, 0]);
    assert_eq!(start(&mut simulation, 3, &[1, 2]).at_once().status(), 200);
    advance(&mut simulation, 1_500);
    inject(&mut simulation, &Fault::NodeCutOff { node: node(2) });
    advance(&mut simulation, 1_500);
    assert!(!simulation.cluster.is_busy());
    let open = get(&mut simulation, 1, "load_rebalance/availability_check").at_once();
    assert_eq!(open.status(), 200);
}

#[test]
fn a_new_node_is_a_cluster_of_one_and_joins_a_run_that_ignores_it() {
    for release in V5 {
        let mut config = ClusterConfig::with_clients(&[50, 0, 0]).unwrap();
        config.personality = release;
        config.newcomers = vec![node(3)];
        let mut simulation = Simulation::new(config).unwrap();
        let nobody = simulation.answer(2, &request("GET", "nodes", ""));
        assert!(matches!(nobody, Answer::Unreachable), "{nobody:?}");
        assert_eq!(start(&mut simulation, 2, &[]).at_once().status(), 200);
        inject(&mut simulation, &Fault::NodeAppeared { node: node(3) });
        let alone = get(&mut simulation, 3, "nodes").at_once();
        assert_eq!(listed(&alone), running(&["3"]), "{release:?}");
        let cluster = body(&get(&mut simulation, 3, "cluster").at_once());
        assert_eq!(cluster["nodes"], json!([node(3)]));
        let status = get(&mut simulation, 3, "load_rebalance/global_status").at_once();
        assert_eq!(body(&status)["rebalances"], json!([]), "{release:?}");
        for path in ["load_rebalance/status", "load_rebalance/availability_check"] {
            assert_eq!(get(&mut simulation, 3, path).at_once().status(), 200, "{release:?}");
        }
        let others = get(&mut simulation, 1, "nodes").at_once();
        assert_eq!(listed(&others), running(&["1", "2"]), "{release:?}");
        let refused = start(&mut simulation, 1, &[1, 3]).at_once();
        assert!(text(&refused).contains("Invalid nodes"), "{}", text(&refused));
        inject(&mut simulation, &Fault::NodeJoined { node: node(3) });
        let others = get(&mut simulation, 1, "nodes").at_once();
        assert_eq!(listed(&others), running(&["1", "2", "3"]), "{release:?}");
        assert_eq!(body(&others)[2]["live_connections"], 0);
        let status = body(&get(&mut simulation, 3, "load_rebalance/global_status").at_once());
        assert_eq!(status["rebalances"][0]["recipients"], json!([node(2)]), "{release:?}");
    }
}

#[test]
fn a_start_that_involves_a_worn_out_node_names_it_whoever_coordinates() {
    for release in [Release::V5_10, Release::V6, Release::V6_2] {
        let mut simulation = simulation(release, &[50, 0, 0]);
        simulation.cluster.wear_out(1, 11);
        let own = get(&mut simulation, 2, "load_rebalance/status").at_once();
        assert_eq!(own.status(), 500);
        assert!(text(&own).contains("noproc"), "{}", text(&own));
        // It asks the eviction agent, which lives on: contract/6.0.3, 06_hang_recipient.
        let open = get(&mut simulation, 2, "load_rebalance/availability_check").at_once();
        assert_eq!(open.status(), 200);
        for (coordinator, nodes) in [(2, [1, 2]), (1, [1, 2]), (3, [1, 2])] {
            let answer = start(&mut simulation, coordinator, &nodes).at_once();
            assert_eq!(answer.status(), 500, "{release:?}");
            let text = text(&answer);
            assert!(text.contains("emqx2@127.0.0.1") && text.contains("noproc"), "{text}");
        }
        assert_eq!(start(&mut simulation, 3, &[1, 3]).at_once().status(), 200, "{release:?}");
        // Who is donor already is listed, and the dead application is not.
        let answer = start(&mut simulation, 1, &[1, 2, 3]).at_once();
        let message = body(&answer)["message"].clone();
        assert_eq!(message, "Nodes unavailable: ['emqx1@127.0.0.1']", "{release:?}");
    }
    let mut old = simulation(Release::V5_3, &[50, 0, 0]);
    old.cluster.wear_out(1, 11);
    let closed = get(&mut old, 2, "load_rebalance/availability_check").at_once();
    assert_eq!(closed.status(), 500);
}

#[test]
fn the_eleventh_crash_of_a_donor_switches_its_application_off_too() {
    let mut simulation = simulation(Release::V6, &[500, 0, 0]);
    for _ in 0..11 {
        assert_eq!(start(&mut simulation, 3, &[1, 2]).at_once().status(), 200);
        simulation.cluster.crash_coordinator(2);
        simulation.cluster.kill(2);
        simulation.cluster.restart(2);
        advance(&mut simulation, 10_000);
    }
    assert_eq!(get(&mut simulation, 1, "load_rebalance/status").at_once().status(), 500);
    assert_eq!(get(&mut simulation, 3, "load_rebalance/status").at_once().status(), 200);
}

#[test]
fn an_unknown_path_is_json_for_those_who_ask_for_it() {
    for release in V5 {
        let mut simulation = simulation(release, &[1, 1]);
        let mut ask = request("GET", "load_rebalance/nosuch", "");
        let page = send(&mut simulation, 1, &ask).at_once();
        assert_eq!(
            (page.status().as_u16(), &page.headers()["content-type"]),
            (404, &"text/html".parse().unwrap())
        );
        ask.headers_mut().insert("accept", "application/json".parse().unwrap());
        let answer = send(&mut simulation, 1, &ask).at_once();
        assert_eq!(answer.status(), 404);
        let expected = json!({"code": "NOT_FOUND", "message": "Request Path Not Found"});
        assert_eq!(body(&answer), expected, "{release:?}");
    }
}

#[test]
fn a_community_edition_has_nothing_under_load_rebalance() {
    let mut simulation = simulation(Release::V5_8Community, &[1, 1]);
    let nodes = body(&get(&mut simulation, 1, "nodes").at_once());
    assert_eq!(nodes[0]["edition"], "Opensource");
    assert_eq!(nodes[0]["version"], "5.8.8");
    for (method, path) in [
        ("GET", "load_rebalance/global_status"),
        ("GET", "load_rebalance/availability_check"),
        ("POST", "load_rebalance/emqx1@127.0.0.1/start"),
    ] {
        let mut ask = request(method, path, "");
        ask.headers_mut().insert("accept", "application/json".parse().unwrap());
        let answer = send(&mut simulation, 1, &ask).at_once();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(body(&answer)["message"], "Request Path Not Found");
    }
}

#[test]
fn the_oldest_releases_do_not_say_how_many_are_connected() {
    for release in Release::ALL.into_iter().filter(|release| release.version().starts_with('4')) {
        let mut simulation = simulation(release, &[5, 5]);
        let mut ask = request("GET", "nodes", "");
        *ask.uri_mut() = "/api/v4/nodes".parse().unwrap();
        let shown = body(&send(&mut simulation, 1, &ask).at_once());
        let says = shown["data"][0].get("live_connections").is_some();
        assert_eq!(says, release.version() == "4.4.24", "{release:?}");
    }
}
