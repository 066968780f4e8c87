//! Conversations with the embedded cluster in virtual time, carried by hand.
#![cfg(test)]

use emqx_rebalance_core::driver::{Driver, Event, OutcomeKind};
use emqx_rebalance_core::{ErrorKind, Plan, PlanRequest, Result, Tolerance};
use emqx_rebalance_exchange::sansio::{Cluster, Errand, HttpAnswer, RunInput, RunStep};
use emqx_rebalance_exchange::{Access, Auth, Question, Reply};
use emqx_rebalance_sim::{ClusterConfig, Incident, VirtualCluster, Wire};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A cluster in virtual time, and how to reach it by `urls` alone.
fn reached(clients: &[u64], urls: &[&str]) -> (VirtualCluster, Access) {
    let host = VirtualCluster::new(ClusterConfig::with_clients(clients).unwrap()).unwrap();
    let access = Access {
        urls: urls.iter().map(|url| (*url).to_owned()).collect(),
        node_urls: BTreeMap::new(),
        find_nodes: false,
        ..host.access()
    };
    (host, access)
}

fn planned(host: &mut VirtualCluster, cluster: &Cluster, request: PlanRequest) -> Result<Plan> {
    match host.ask(cluster.ask(Question::Plan(Box::new(request))))? {
        Reply::Plan(plan) => Ok(*plan),
        other => panic!("{other:?}"),
    }
}

fn request(json: Value) -> PlanRequest {
    serde_json::from_value(json).unwrap()
}

fn quick() -> PlanRequest {
    request(json!({ "mode": "level", "conn_evict_rate": 20, "wait_health_check": 1 }))
}

fn driver(plan: Plan) -> Driver {
    Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap()
}

fn calm(_: &mut VirtualCluster, _: &[HttpAnswer], _: &RunStep) -> Incident {
    Incident::None
}

#[test]
fn plan_start_and_verdict_by_hand() {
    let urls = ["http://n0", "http://n1", "http://n2", "http://n3"];
    let (mut host, access) = reached(&[300, 300, 300, 0], &urls);
    let cluster = Cluster::new(access).unwrap();
    let plan = planned(&mut host, &cluster, quick()).unwrap();
    let drive = host.drive_by(&cluster, driver(plan), calm).unwrap();
    let outcome = drive.outcome;
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.unchecked.is_empty(), "every node said whether it serves");
    assert!(matches!(drive.events.last(), Some((_, Event::Ended { .. }))));
    assert!(drive.run.record().is_some());
    let status = host.ask(cluster.talk(|cluster| async move { cluster.status().await })).unwrap();
    assert!(status.runs.is_empty());
}

#[test]
fn what_a_balancer_answers_is_not_taken_for_a_nodes_word() {
    no_donor_is_reached_behind_a_balancer(&[300, 300, 300, 0], 1);
    no_donor_is_reached_behind_a_balancer(&[300, 300, 300, 0], 3);
    // The donor says its name twice, and another node answers for it: only the name after tells.
    no_donor_is_reached_behind_a_balancer(&[300, 0], 7);
}

/// Levels `clients` behind a balancer that sends so many requests in a row to one node.
fn no_donor_is_reached_behind_a_balancer(clients: &[u64], in_a_row: usize) {
    let (mut host, access) = reached(clients, &[Wire::BALANCER]);
    host.balance_in_a_row(in_a_row);
    let cluster = Cluster::new(access).unwrap();
    let plan = planned(&mut host, &cluster, quick()).unwrap();
    let donors = plan.donors.clone();
    let outcome = host.drive_by(&cluster, driver(plan), calm).unwrap().outcome;
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(outcome.unchecked, donors, "{in_a_row} in a row");
}

#[test]
fn a_plan_fits_until_the_cluster_has_changed() {
    let (mut host, access) = reached(&[300, 300, 300, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let plan = planned(&mut host, &cluster, quick()).unwrap();
    let check = |host: &mut VirtualCluster| {
        let question = Question::CheckFits(Box::new(plan.clone()), Tolerance::default());
        host.ask(cluster.ask(question))
    };
    check(&mut host).unwrap();
    host.drive_by(&cluster, driver(plan.clone()), calm).unwrap();
    assert_eq!(check(&mut host).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn a_host_that_dies_goes_on_from_the_state() {
    let (mut host, access) = reached(&[300, 300, 300, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let plan = planned(&mut host, &cluster, quick()).unwrap();
    let runs = plan.runs.len();
    let (mut steps, mut starts) = (0, 0);
    let die = |_: &mut VirtualCluster, _: &[HttpAnswer], step: &RunStep| {
        steps += 1;
        starts += step.requests.iter().filter(|sent| sent.url.ends_with("/start")).count();
        if steps == 40 { Incident::DiesAfterSending } else { Incident::None }
    };
    let drive = host.drive_by(&cluster, driver(plan), die).unwrap();
    assert_eq!(drive.outcome.result, OutcomeKind::Completed);
    assert!(steps > 40 && starts == runs, "nothing was started twice");
}

#[test]
fn nothing_is_driven_before_it_is_known_what_answers() {
    let (mut host, access) = reached(&[300, 0], &["http://n0"]);
    let plan = planned(&mut host, &Cluster::new(access.clone()).unwrap(), quick()).unwrap();
    let cluster = Cluster::new(access).unwrap();
    let error = cluster.drive(driver(plan.clone())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    host.ask(cluster.connect()).unwrap();
    cluster.drive(driver(plan)).unwrap();
}

/// An errand of a job in a cluster that nothing is known of.
fn errand(is_resumed: bool) -> Errand {
    let (mut host, access) = reached(&[300, 0], &["http://n0"]);
    let plan = planned(&mut host, &Cluster::new(access.clone()).unwrap(), quick()).unwrap();
    Errand::new(Cluster::new(access).unwrap(), driver(plan), is_resumed)
}

/// Steps `errand` for so many seconds in which nobody answers.
fn unanswered(errand: &mut Errand, seconds: u64) -> Result<RunStep> {
    let mut input = RunInput { answers: Vec::new(), stop: true };
    let mut last = None;
    for second in 0..seconds {
        let step = errand.step(second * 1000, std::mem::take(&mut input))?;
        let lost = |id: u64| json!({ "id": id, "error": { "kind": "unreachable" } });
        let lost = step.requests.iter().map(|sent| serde_json::from_value(lost(sent.id)).unwrap());
        input.answers = lost.collect();
        last = Some(step);
    }
    Ok(last.unwrap())
}

#[test]
fn an_errand_of_a_new_job_ends_where_there_is_no_cluster() {
    let mut errand = errand(false);
    let error = unanswered(&mut errand, 60).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let again = errand.step(61_000, RunInput::default()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Unreachable, "it stays so");
    assert!(errand.driver().outcome().is_none());
}

#[test]
fn an_errand_of_a_resumed_job_looks_for_its_cluster_and_then_drives() {
    let mut errand = errand(true);
    assert!(unanswered(&mut errand, 600).unwrap().wake_at_ms.is_some());
    let now_ms = 610_000;
    let step = errand.step(now_ms, RunInput::default()).unwrap();
    let started = "Node n0@h is started\nemqx is running";
    let answer = json!({ "id": step.requests[0].id, "status": 200, "body": started });
    let answers = vec![serde_json::from_value(answer).unwrap()];
    let step = errand.step(now_ms, RunInput { answers, stop: false }).unwrap();
    assert!(step.requests.iter().all(|sent| !sent.url.ends_with("/status")), "{step:?}");
    assert!(!step.requests.is_empty() && step.wake_at_ms.is_some());
}

#[test]
fn unanswered_requests_are_given_up_and_asked_elsewhere() {
    let (_, access) = reached(&[10, 0], &["http://n0", "http://n1"]);
    let cluster = Cluster::new(access).unwrap();
    let mut talk = cluster.connect();
    let step = talk.step(0, Vec::new());
    assert_eq!(step.requests[0].url, "http://n0/api/v5/status");
    assert_eq!(step.wake_at_ms, Some(step.requests[0].timeout_ms));
    let step = talk.step(step.requests[0].timeout_ms, Vec::new());
    assert_eq!(step.requests[0].url, "http://n1/api/v5/status");
}

#[test]
fn strange_answers_change_nothing() {
    let (_, access) = reached(&[10, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let mut talk = cluster.connect();
    let first = talk.step(0, Vec::new()).requests;
    let stray: HttpAnswer = serde_json::from_value(json!({ "id": 77, "status": 200 })).unwrap();
    let step = talk.step(1, vec![stray]);
    assert!(step.requests.is_empty() && step.result.is_none());
    let html = json!({ "id": first[0].id, "status": 502, "body": "<html>" });
    let step = talk.step(2, vec![serde_json::from_value(html).unwrap()]);
    assert!(step.result.is_none() && step.requests.is_empty(), "asked again after a pause");
    assert!(step.wake_at_ms.unwrap() < 2000);
}

#[test]
fn no_secret_is_shown_and_the_header_carries_it() {
    let (_, access) = reached(&[10, 0], &["/proxy"]);
    let Auth::ApiKey { secret, .. } = access.auth.clone() else { panic!("{:?}", access.auth) };
    let cluster = Cluster::new(access).unwrap();
    let mut talk = cluster.snapshot();
    let request = talk.step(0, Vec::new()).requests.remove(0);
    assert_eq!(request.url, "/proxy/api/v5/status");
    assert!(request.headers["authorization"].starts_with("Basic "));
    let shown = format!("{request:?} {cluster:?} {talk:?}");
    let encoded = request.headers["authorization"]["Basic ".len()..].to_owned();
    assert!(!shown.contains(secret.expose()) && !shown.contains(&encoded), "{shown}");
}

#[test]
fn a_snapshot_is_not_brought_where_one_is_asked_for() {
    let (mut host, access) = reached(&[10, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let brought = request(json!({ "snapshot": { "nodes": [{ "node": "a@h" }] } }));
    let error = planned(&mut host, &cluster, brought).unwrap_err();
    assert_eq!(error.context()["field"], "snapshot");
}
