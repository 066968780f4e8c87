//! Conversations with the embedded cluster in virtual time, carried by hand.
#![cfg(test)]

use emqx_rebalance_core::driver::{Driver, Event, OutcomeKind};
use emqx_rebalance_core::{ErrorKind, PlanRequest, Result, Tolerance};
use emqx_rebalance_exchange::Access;
use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer, Run, Talk};
use emqx_rebalance_vectors::Host;
use serde_json::{Value, json};

/// A host, and a cluster that it reaches by `urls`.
fn reached(clients: &[u64], urls: &[&str]) -> (Host, Access) {
    let host = Host::new(clients).unwrap();
    let access = host.access(urls);
    (host, access)
}

fn answer<T>(host: &mut Host, talk: Talk<T>) -> Result<T> {
    host.ask(talk, |_, _, _| {}).unwrap()
}

/// Runs to the verdict, or for so many steps.
fn events(host: &mut Host, run: &mut Run, steps: usize) -> Vec<Event> {
    let mut events = Vec::new();
    host.run(run, steps, |_, _, step| events.extend(step.events.clone())).unwrap();
    events
}

fn request(json: Value) -> PlanRequest {
    serde_json::from_value(json).unwrap()
}

fn quick() -> PlanRequest {
    request(json!({ "mode": "level", "conn_evict_rate": 20, "wait_health_check": 1 }))
}

#[test]
fn plan_start_and_verdict_by_hand() {
    let urls = ["http://n0", "http://n1", "http://n2", "http://n3"];
    let (mut host, access) = reached(&[300, 300, 300, 0], &urls);
    let cluster = Cluster::new(access).unwrap();
    let plan = answer(&mut host, cluster.plan(quick())).unwrap();
    let driver = Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap();
    let mut run = cluster.drive(driver).unwrap();
    let events = events(&mut host, &mut run, 100_000);
    let outcome = run.outcome().unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.unchecked.is_empty(), "every node said whether it serves");
    assert!(matches!(events.last(), Some(Event::Ended { .. })));
    assert!(run.record().is_some());
    let status = answer(&mut host, cluster.status()).unwrap();
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
    let (mut host, access) = reached(clients, &[Host::BALANCER]);
    host.in_a_row = in_a_row;
    let cluster = Cluster::new(access).unwrap();
    let plan = answer(&mut host, cluster.plan(quick())).unwrap();
    let donors = plan.donors.clone();
    let driver = Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap();
    let mut run = cluster.drive(driver).unwrap();
    events(&mut host, &mut run, 100_000);
    let outcome = run.outcome().unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert_eq!(outcome.unchecked, donors, "{in_a_row} in a row");
}

#[test]
fn a_plan_fits_until_the_cluster_has_changed() {
    let (mut host, access) = reached(&[300, 300, 300, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let plan = answer(&mut host, cluster.plan(quick())).unwrap();
    let check =
        |host: &mut Host| answer(host, cluster.check_fits(plan.clone(), Tolerance::default()));
    check(&mut host).unwrap();
    let start = serde_json::from_value(json!({})).unwrap();
    let mut run = cluster.drive(Driver::new(plan.clone(), start, false).unwrap()).unwrap();
    events(&mut host, &mut run, 100_000);
    assert_eq!(check(&mut host).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn a_host_that_dies_goes_on_from_the_state() {
    let (mut host, access) = reached(&[300, 300, 300, 0], &["http://n0"]);
    let cluster = Cluster::new(access.clone()).unwrap();
    let plan = answer(&mut host, cluster.plan(quick())).unwrap();
    let driver = Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap();
    let mut run = cluster.drive(driver).unwrap();
    events(&mut host, &mut run, 40);
    assert!(run.outcome().is_none());
    let state = serde_json::to_string(run.driver()).unwrap();
    let restored =
        || emqx_rebalance_exchange::restored(serde_json::from_str(&state).unwrap()).unwrap();
    drop(run);
    let starts = |host: &Host| host.sent.iter().filter(|sent| sent.ends_with("/start")).count();
    let before = starts(&host);
    let reborn = Cluster::new(access).unwrap();
    assert_eq!(reborn.drive(restored()).unwrap_err().kind(), ErrorKind::Conflict);
    answer(&mut host, reborn.connect()).unwrap();
    let mut run = reborn.drive(restored()).unwrap();
    events(&mut host, &mut run, 100_000);
    assert_eq!(run.outcome().unwrap().result, OutcomeKind::Completed);
    assert!(before > 0 && starts(&host) == before, "nothing was started twice");
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
    let (host, access) = reached(&[10, 0], &["/proxy"]);
    let cluster = Cluster::new(access).unwrap();
    let mut talk = cluster.snapshot();
    let request = talk.step(0, Vec::new()).requests.remove(0);
    assert_eq!(request.url, "/proxy/api/v5/status");
    assert!(request.headers["authorization"].starts_with("Basic "));
    let shown = format!("{request:?} {cluster:?} {talk:?}");
    let encoded = request.headers["authorization"]["Basic ".len()..].to_owned();
    assert!(!shown.contains(host.credentials().1) && !shown.contains(&encoded), "{shown}");
}

#[test]
fn a_snapshot_is_not_brought_where_one_is_asked_for() {
    let (mut host, access) = reached(&[10, 0], &["http://n0"]);
    let cluster = Cluster::new(access).unwrap();
    let brought = request(json!({ "snapshot": { "nodes": [{ "node": "a@h" }] } }));
    assert_eq!(
        answer(&mut host, cluster.plan(brought)).unwrap_err().context()["field"],
        "snapshot"
    );
}
