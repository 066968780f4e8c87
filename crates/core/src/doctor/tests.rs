use super::check::{Check, CheckName as Name, CheckState as State};
use super::*;
use crate::driver::observe;
use crate::emqx::GlobalStatus;
use crate::error::{Error, ErrorKind};
use crate::plan::Mode;
use crate::snapshot::NodeStatus;

fn node(name: &str, version: &str) -> NodeLoad {
    let name = NodeName::new(name).unwrap();
    NodeLoad { version: Some(version.to_owned()), ..NodeLoad::new(name, 100) }
}

fn greeting(load: &NodeLoad, clock_ahead_s: i64) -> Greeting {
    Greeting { node: Some(load.node.clone()), running: true, clock_ahead_s: Some(clock_ahead_s) }
}

/// A cluster of `nodes` that is well, asked at its first one.
fn examined(nodes: Vec<NodeLoad>) -> Examined {
    let door = |load: &NodeLoad| Door {
        node: load.node.clone(),
        greeting: Ok(greeting(load, 0)),
        availability: Ok(Availability::Serving),
    };
    let answer = Ok(greeting(&nodes[0], 0));
    Examined {
        urls: vec![Visit { url: "http://a".to_owned(), answer }],
        asker: Asker::Login { role: Some("administrator".to_owned()) },
        cluster: Ok(Readings {
            edition: Some("Enterprise".to_owned()),
            doors: nodes.iter().map(door).collect(),
            status: Ok(observe(nodes.clone(), &GlobalStatus::default(), &[])),
            snapshot: Snapshot::new(nodes.clone()),
            nodes,
        }),
    }
}

fn judged(examined: &Examined) -> Diagnosis {
    let level = PlanOptions { mode: Mode::Level, ..PlanOptions::default() };
    diagnose(examined, &Known { level, remembered: None })
}

fn only(examined: &Examined, name: Name) -> Check {
    let checks = judged(examined).checks;
    let mut checks = checks.into_iter().filter(|check| check.check == name);
    let first = checks.next().unwrap();
    assert!(checks.next().is_none());
    first
}

fn two(first: &str, second: &str) -> Examined {
    examined(vec![node("a@h", first), node("b@h", second)])
}

#[test]
fn a_cluster_that_is_well_has_no_problem() {
    let diagnosis = judged(&two("5.8.8", "5.8.8"));
    assert_eq!(diagnosis.count(State::Problem), 0, "{diagnosis:?}");
    let json = serde_json::to_value(&diagnosis).unwrap();
    assert_eq!(json["checks"][0]["check"], "url");
    assert_eq!(json["checks"][0]["state"], "ok");
    assert!(json["checks"][0].get("cause").is_none() && json["checks"][0].get("hint").is_none());
}

#[test]
fn versions_are_named_with_their_nodes() {
    let version = |examined: &Examined| {
        let check = only(examined, Name::Version);
        (check.state, check.detail)
    };
    let mixed = "mixed: 5.2.0 on a@h, 5.8.8 on b@h".to_owned();
    assert_eq!(version(&two("5.2.0", "5.8.8")), (State::Warning, mixed));
    let old = "EMQX 5.0.4 on a@h cannot rebalance".to_owned();
    assert_eq!(version(&two("5.0.4", "5.8.8")), (State::Problem, old));
    let mut open_source = two("5.8.8", "5.8.8");
    open_source.cluster.as_mut().unwrap().edition = Some("Opensource".to_owned());
    assert_eq!(version(&open_source).0, State::Problem);
}

#[test]
fn a_clock_that_is_wrong_is_said_of_its_node() {
    let mut late = two("5.8.8", "5.8.8");
    let nodes = late.cluster.as_ref().unwrap().nodes.clone();
    let check = |late: &Examined| {
        let checks = judged(late).checks;
        checks.into_iter().find(|check| check.check == Name::Clock && check.state == State::Warning)
    };
    assert!(check(&late).is_none());
    late.cluster.as_mut().unwrap().doors[1].greeting = Ok(greeting(&nodes[1], -90));
    let check = check(&late).unwrap();
    assert_eq!(check.node.as_ref(), Some(&nodes[1].node));
    assert_eq!(check.detail, "its clock is 90 s behind the one here");
}

#[test]
fn who_may_only_read_is_told_where_emqx_tells_it() {
    let mut seen = two("5.8.8", "5.8.8");
    for (asker, state) in [
        (Asker::Login { role: Some("viewer".to_owned()) }, State::Problem),
        (Asker::Login { role: Some("administrator".to_owned()) }, State::Ok),
        (Asker::Login { role: None }, State::Unknown),
        (Asker::ApiKey, State::Unknown),
    ] {
        seen.asker = asker;
        assert_eq!(only(&seen, Name::Permission).state, state, "{:?}", seen.asker);
    }
}

#[test]
fn what_keeps_a_cluster_from_being_read_is_said_once() {
    let mut seen = two("5.8.8", "5.8.8");
    for (kind, name) in [
        (ErrorKind::Unauthorized, Name::Key),
        (ErrorKind::Forbidden, Name::Permission),
        (ErrorKind::Timeout, Name::Node),
    ] {
        seen.cluster = Err(Error::new(kind, "no").with("status", 401));
        let check = only(&seen, name);
        assert_eq!((check.state, check.detail.as_str()), (State::Problem, "no"));
    }
    seen.urls[0].answer = Err(Error::new(ErrorKind::Unreachable, "cannot connect"));
    let states: Vec<State> = judged(&seen).checks.iter().map(|check| check.state).collect();
    assert_eq!(states, [State::Problem, State::Unknown]);
}

#[test]
fn a_url_of_another_cluster_is_found_out() {
    let mut seen = two("5.8.8", "5.8.8");
    seen.urls[0].answer = Ok(greeting(&node("c@elsewhere", "5.8.8"), 0));
    assert_eq!(only(&seen, Name::Url).state, State::Problem);
}

#[test]
fn a_node_that_does_not_answer_is_a_problem_and_one_that_is_down_a_warning() {
    for (status, state) in
        [(NodeStatus::Unknown, State::Problem), (NodeStatus::Stopped, State::Warning)]
    {
        let seen = examined(vec![
            node("a@h", "5.8.8"),
            node("b@h", "5.8.8"),
            NodeLoad { status, ..node("c@h", "5.8.8") },
        ]);
        let checks = judged(&seen).checks;
        let mut of_node = checks.iter().filter(|check| check.check == Name::Node);
        assert_eq!(of_node.next_back().unwrap().state, state);
    }
}
