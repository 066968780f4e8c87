//! Conversations with the embedded cluster in virtual time, carried by hand.
#![cfg(test)]

use emqx_rebalance_api::Secret;
use emqx_rebalance_core::driver::{Driver, DriverState, Event, OutcomeKind};
use emqx_rebalance_core::{ErrorKind, PlanRequest, Result, Timestamp};
use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer, HttpRequest, Run, RunInput, Talk};
use emqx_rebalance_exchange::{Access, Auth};
use emqx_rebalance_sim::{ClusterConfig, VirtualCluster};
use http::Request;
use serde_json::{Value, json};

const SECRET: &str = "not-for-any-log";

/// A host with a cluster instead of a network: node `i` is at `http://n{i}`.
struct Host {
    cluster: VirtualCluster,
    sent: Vec<String>,
}

impl Host {
    fn new(clients: &[u64]) -> Self {
        let mut config = ClusterConfig::with_clients(clients).unwrap();
        config.credentials.api_secret = SECRET.to_owned();
        Self { cluster: VirtualCluster::new(config).unwrap(), sent: Vec::new() }
    }

    fn access(&mut self, urls: &[&str]) -> Access {
        let key = self.cluster.simulation().cluster.config().credentials.api_key.clone();
        Access {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            auth: Auth::ApiKey { key, secret: Secret::new(SECRET) },
            find_nodes: false,
            ..Access::default()
        }
    }

    fn now_ms(&self) -> u64 {
        self.cluster.now().as_ms()
    }

    fn send(&mut self, request: &HttpRequest) -> HttpAnswer {
        self.sent.push(format!("{} {}", request.method, request.url));
        let (node, path) = request.url["http://n".len()..].split_once('/').unwrap();
        let mut http = Request::builder()
            .method(request.method.as_str())
            .uri(format!("/{path}"))
            .body(request.body.clone().unwrap_or_default().into_bytes())
            .unwrap();
        for (name, value) in &request.headers {
            let name: http::HeaderName = name.parse().unwrap();
            http.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = match self.cluster.send(node.parse().unwrap(), http) {
            Ok(response) => json!({
                "id": request.id,
                "status": response.status().as_u16(),
                "body": String::from_utf8_lossy(response.body()),
            }),
            Err(error) => json!({
                "id": request.id,
                "error": { "kind": error.kind().as_str(), "message": error.message() },
            }),
        };
        serde_json::from_value(answer).unwrap()
    }

    fn ask<T>(&mut self, mut talk: Talk<T>) -> Result<T> {
        let mut answers = Vec::new();
        loop {
            let step = talk.step(self.now_ms(), answers);
            if let Some(result) = step.result {
                return result;
            }
            answers = step.requests.iter().map(|request| self.send(request)).collect();
            if answers.is_empty() {
                self.cluster.advance_to(Timestamp::from_ms(step.wake_at_ms.unwrap()));
            }
        }
    }

    /// Runs to the verdict, or for so many steps.
    fn run(&mut self, run: &mut Run, steps: usize) -> Vec<Event> {
        let (mut events, mut input) = (Vec::new(), RunInput::default());
        for _ in 0..steps {
            let step = run.step(self.now_ms(), input);
            events.extend(step.events);
            let Some(wake_at_ms) = step.wake_at_ms else { break };
            let answers: Vec<_> = step.requests.iter().map(|r| self.send(r)).collect();
            if answers.is_empty() {
                self.cluster.advance_to(Timestamp::from_ms(wake_at_ms));
            }
            input = RunInput { answers, stop: false };
        }
        events
    }
}

fn request(json: Value) -> PlanRequest {
    serde_json::from_value(json).unwrap()
}

fn quick() -> PlanRequest {
    request(json!({ "mode": "level", "conn_evict_rate": 20, "wait_health_check": 1 }))
}

#[test]
fn plan_start_and_verdict_by_hand() {
    let mut host = Host::new(&[300, 300, 300, 0]);
    let urls = ["http://n0", "http://n1", "http://n2", "http://n3"];
    let cluster = Cluster::new(host.access(&urls)).unwrap();
    let plan = host.ask(cluster.plan(quick())).unwrap();
    let driver = Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap();
    let mut run = cluster.drive(driver).unwrap();
    let events = host.run(&mut run, 100_000);
    let outcome = run.outcome().unwrap();
    assert_eq!(outcome.result, OutcomeKind::Completed, "{}", outcome.detail);
    assert!(outcome.unchecked.is_empty(), "every node said whether it serves");
    assert!(matches!(events.last(), Some(Event::Ended { .. })));
    assert!(run.record().is_some());
    let status = host.ask(cluster.status()).unwrap();
    assert!(status.runs.is_empty());
}

#[test]
fn a_host_that_dies_goes_on_from_the_state() {
    let mut host = Host::new(&[300, 300, 300, 0]);
    let access = host.access(&["http://n0"]);
    let cluster = Cluster::new(access.clone()).unwrap();
    let plan = host.ask(cluster.plan(quick())).unwrap();
    let driver = Driver::new(plan, serde_json::from_value(json!({})).unwrap(), false).unwrap();
    let mut run = cluster.drive(driver).unwrap();
    host.run(&mut run, 40);
    assert!(run.outcome().is_none());
    let state: DriverState =
        serde_json::from_str(&serde_json::to_string(run.state()).unwrap()).unwrap();
    drop(run);
    let starts = |host: &Host| host.sent.iter().filter(|sent| sent.ends_with("/start")).count();
    let before = starts(&host);
    let reborn = Cluster::new(access).unwrap();
    assert_eq!(
        reborn.drive(Driver::restore(state.clone())).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    host.ask(reborn.connect()).unwrap();
    let mut run = reborn.drive(Driver::restore(state)).unwrap();
    host.run(&mut run, 100_000);
    assert_eq!(run.outcome().unwrap().result, OutcomeKind::Completed);
    assert!(before > 0 && starts(&host) == before, "nothing was started twice");
}

#[test]
fn unanswered_requests_are_given_up_and_asked_elsewhere() {
    let mut host = Host::new(&[10, 0]);
    let cluster = Cluster::new(host.access(&["http://n0", "http://n1"])).unwrap();
    let mut talk = cluster.connect();
    let step = talk.step(0, Vec::new());
    assert_eq!(step.requests[0].url, "http://n0/api/v5/status");
    assert_eq!(step.wake_at_ms, Some(step.requests[0].timeout_ms));
    let step = talk.step(step.requests[0].timeout_ms, Vec::new());
    assert_eq!(step.requests[0].url, "http://n1/api/v5/status");
}

#[test]
fn strange_answers_change_nothing() {
    let mut host = Host::new(&[10, 0]);
    let cluster = Cluster::new(host.access(&["http://n0"])).unwrap();
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
    let mut host = Host::new(&[10, 0]);
    let cluster = Cluster::new(host.access(&["/proxy"])).unwrap();
    let mut talk = cluster.snapshot();
    let request = talk.step(0, Vec::new()).requests.remove(0);
    assert_eq!(request.url, "/proxy/api/v5/status");
    assert!(request.headers["authorization"].starts_with("Basic "));
    let shown = format!("{request:?} {cluster:?} {talk:?}");
    let encoded = request.headers["authorization"]["Basic ".len()..].to_owned();
    assert!(!shown.contains(SECRET) && !shown.contains(&encoded), "{shown}");
}

#[test]
fn a_snapshot_is_not_brought_where_one_is_asked_for() {
    let mut host = Host::new(&[10, 0]);
    let cluster = Cluster::new(host.access(&["http://n0"])).unwrap();
    let brought = request(json!({ "snapshot": { "nodes": [{ "node": "a@h" }] } }));
    assert_eq!(host.ask(cluster.plan(brought)).unwrap_err().context()["field"], "snapshot");
}
