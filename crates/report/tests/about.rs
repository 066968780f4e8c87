//! Pages of what every host has: a record, a plan, and the statuses that were seen on the way.

#![cfg(test)]

use emqx_rebalance_core::driver::{Driver, DriverOptions, Record, Status};
use emqx_rebalance_core::{ErrorKind, EvacuationPlan, Job, NodeLoad, NodeName, RunState};
use emqx_rebalance_report::{Course, Heading, of_job, of_record};
use std::fs;

/// The record that an earlier version kept.
fn rebalance() -> Record {
    let text = fs::read_to_string("../core/tests/stored/history.jsonl").unwrap();
    serde_json::from_str(text.trim()).unwrap()
}

fn evacuation() -> Job {
    let text = fs::read_to_string("../core/tests/stored/plan-evacuation.json").unwrap();
    Job::from(serde_json::from_str::<EvacuationPlan>(&text).unwrap())
}

#[test]
fn a_record_alone_shows_where_every_node_ended() {
    let record = rebalance();
    let page = of_record(&record, &Course::default(), Heading::default()).unwrap();
    let nodes = record.plan.rebalance().unwrap().fingerprint.nodes.len();
    assert!(page.contains(&format!("<h1>Rebalance of {nodes} nodes</h1>")));
    let course = Course::from(&record);
    assert_eq!(course.samples().len(), 1);
    assert_eq!(course.samples()[0].nodes.len(), record.nodes.len());
    let heading = Heading { title: Some("night <1>"), made_at: "today" };
    let page = of_record(&record, &Course::default(), heading).unwrap();
    assert!(page.contains("<h1>night &lt;1&gt;</h1><p class=\"made\">today</p>"));
}

#[test]
fn an_evacuation_has_no_page_and_says_so() {
    let error = of_job(&evacuation(), &Course::default(), None, Heading::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// A status of the first wave `elapsed_s` seconds after the start.
fn status(elapsed_s: u64, state: &str, connections: u64) -> Status {
    let job = rebalance().plan;
    let mut status = Driver::new(job, DriverOptions::default(), true).unwrap().status();
    status.progress.elapsed_s = elapsed_s;
    status.runs.truncate(1);
    status.runs[0].state = RunState::from(state.to_owned());
    status.nodes = vec![NodeLoad::new(NodeName::new("emqx@a").unwrap(), connections)];
    status
}

#[test]
fn of_several_looks_within_a_second_the_last_counts_and_phases_follow_one_another() {
    let seen = [
        status(0, "pending", 900),
        status(0, "wait_health_check", 900),
        status(5, "evicting_conns", 900),
        status(5, "evicting_conns", 890),
        status(9, "gone", 500),
    ];
    let course = Course::of(&seen);
    let counts: Vec<_> = course.samples().iter().map(|s| (s.t_s, s.nodes[0].connections)).collect();
    assert_eq!(counts, [(0.0, 900), (5.0, 890), (9.0, 500)]);
    let phases: Vec<_> = course.phases().iter().map(|p| (p.from_s, p.to_s)).collect();
    assert_eq!(phases, [(0.0, 5.0), (5.0, 5.0)]);
    let node = NodeName::new("emqx@a").unwrap();
    assert_eq!(course.connections(&node, 5), [(0, 900), (5, 890)]);
}
