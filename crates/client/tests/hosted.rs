//! A cluster for a host without a runtime, which waits or looks as it likes.
#![cfg(test)]
#![cfg(feature = "hosted")]

use emqx_rebalance_client::{
    Auth, ClusterConfig, Hosted, HostedRun, Limits, Question, Reply, Secret,
};
use emqx_rebalance_core::driver::{Driver, Event, OutcomeKind};
use emqx_rebalance_core::{ErrorKind, Plan, PlanRequest};
use emqx_rebalance_report::Wishes;
use emqx_rebalance_sim::ClusterConfig as SimConfig;
use emqx_rebalance_sim::server::Embedded;
use serde_json::json;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

fn hosted(access: ClusterConfig) -> emqx_rebalance_core::Result<Hosted> {
    Hosted::new(access, Limits::UNWATCHED)
}

fn verdict(run: &HostedRun) -> emqx_rebalance_core::Result<OutcomeKind> {
    run.verdict().wait(None).unwrap().map(|outcome| outcome.result)
}

/// An address where nobody ever answers.
fn hung() -> (TcpListener, Hosted) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, hosted(ClusterConfig::new(url)).unwrap())
}

fn plan() -> Plan {
    let nodes = json!([{ "node": "a@h", "connections": 9000 }, { "node": "b@h" }]);
    PlanRequest::read(json!({ "snapshot": { "nodes": nodes } })).unwrap().plan().unwrap()
}

fn driver() -> Driver {
    Driver::new(plan(), serde_json::from_value(json!({})).unwrap(), false).unwrap()
}

#[test]
fn who_looks_never_waits_and_who_waits_does_so_no_longer_than_asked() {
    let (_listener, hosted) = hung();
    let asked = hosted.ask::<Reply>(Question::Snapshot).unwrap();
    assert!(asked.poll().is_none());
    assert!(asked.wait(Some(Duration::from_millis(1))).is_none());
    let run = hosted.drive(driver(), false, None).unwrap();
    assert!(run.verdict().wait(Some(Duration::ZERO)).is_none());
    assert!(run.look(|view| view.end().is_none()).unwrap());
    run.run().unwrap().let_go();
    assert_eq!(verdict(&run).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn where_nobody_listens_a_question_and_a_run_end_and_a_closed_cluster_can_be_asked_again() {
    let hosted = hosted(ClusterConfig::new("http://127.0.0.1:1")).unwrap();
    for _ in 0..2 {
        let reply = hosted.ask::<Reply>(Question::Status).unwrap().wait(None).unwrap();
        assert!(
            matches!(&reply, Err(error) if error.kind() == ErrorKind::Unreachable),
            "{reply:?}"
        );
        hosted.close();
    }
    let run = hosted.drive(driver(), false, None).unwrap();
    assert_eq!(verdict(&run).unwrap_err().kind(), ErrorKind::Unreachable);
}

#[test]
fn calls_without_an_answer_are_not_piled_up_for_ever() {
    let (_listener, hosted) = hung();
    let refused = (0..300).find_map(|_| hosted.ask::<Reply>(Question::Status).err());
    assert_eq!(refused.unwrap().kind(), ErrorKind::Unreachable);
}

#[test]
fn what_can_never_work_is_refused_at_once() {
    let mut access = ClusterConfig::new("http://emqx:18083");
    access.tls.ca_cert = Some(PathBuf::from("/nonexistent"));
    assert_eq!(hosted(access.clone()).unwrap_err().context()["field"], "ca_cert");
    access.tls.ca_cert = None;
    access.find_nodes = false;
    assert_eq!(hosted(access).unwrap_err().context()["field"], "find_nodes");
}

#[test]
fn a_plan_is_driven_on_the_background_thread_and_every_event_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = SimConfig::with_clients(&[60, 60, 0]).unwrap();
    let embedded = runtime.block_on(Embedded::start(config)).unwrap();
    let secret = Secret::new(embedded.api_secret());
    let hosted = hosted(ClusterConfig {
        urls: embedded.urls(),
        auth: Auth::ApiKey { key: embedded.api_key(), secret },
        ..ClusterConfig::default()
    });
    let hosted = hosted.unwrap();
    let request = json!({ "mode": "level", "conn_evict_rate": 60, "wait_health_check": 0, "wait_takeover": 0 });
    let question = Question::Plan(Box::new(PlanRequest::read(request).unwrap()));
    let Ok(Reply::Plan(plan)) = hosted.ask::<Reply>(question).unwrap().wait(None).unwrap() else {
        panic!("no plan");
    };
    let options = serde_json::from_value(json!({ "poll_interval_ms": 100 })).unwrap();
    let run = hosted.drive(Driver::new(*plan, options, false).unwrap(), false, None).unwrap();
    let (teller, told) = mpsc::channel();
    let tell = move |event: Option<Event>| {
        let _ = teller.send(event);
    };
    run.tell(tell).unwrap();
    assert_eq!(verdict(&run).unwrap(), OutcomeKind::Completed);
    let told: Vec<Option<Event>> = told.iter().collect();
    let all = run.look(|view| view.events().to_vec()).unwrap();
    assert!(all.len() > 2, "{all:?}");
    assert_eq!(told, all.into_iter().map(Some).chain([None]).collect::<Vec<_>>());
    assert!(run.report(&Wishes::default()).unwrap().contains("</html>"));
}

#[test]
fn whoever_is_to_be_called_is_called_once_work_is_over_or_given_up() {
    let (_listener, hosted) = hung();
    let asked = hosted.ask::<Reply>(Question::Status).unwrap();
    let (teller, told) = mpsc::channel();
    asked.when_over(move || teller.send(()).unwrap());
    assert!(told.try_recv().is_err());
    asked.cancel();
    told.recv().unwrap();
    assert_eq!(asked.poll().unwrap().unwrap_err().kind(), ErrorKind::Timeout);
}
