//! Pages of what hosts have that keep no driver at hand: a record or a plan, and the statuses that were seen.

#![cfg(test)]

use emqx_rebalance_core::driver::{Driver, DriverOptions, Record};
use emqx_rebalance_core::{ErrorKind, EvacuationPlan, Job, NodeLoad, NodeName};
use emqx_rebalance_report::{
    Course, Wishes, report_of_course, report_of_job, report_of_record, title,
};
use std::fs;

/// The record that an earlier version kept.
fn record() -> Record {
    let text = fs::read_to_string("../core/tests/stored/history.jsonl").unwrap();
    serde_json::from_str(text.trim()).unwrap()
}

/// A course of three looks at one node of the record.
fn course(record: &Record) -> Course {
    let driver = Driver::new(record.plan.clone(), DriverOptions::default(), true).unwrap();
    let mut course = Course::default();
    for (t_s, connections) in [(0.0, 900), (5.0, 800), (9.0, 500)] {
        let mut status = driver.status();
        let node: NodeName = record.nodes[0].node.clone();
        status.nodes = vec![NodeLoad::new(node, connections)];
        course.see(&status, t_s);
    }
    course
}

#[test]
fn a_record_has_the_course_that_was_seen_or_else_its_end() {
    let (record, wishes) = (record(), Wishes::default());
    let headline = format!("<h1>{}</h1>", title(record.plan.rebalance().unwrap()));
    let seen = report_of_course(&record, &course(&record), &wishes).unwrap();
    assert!(seen.contains(&headline) && seen.contains("line measured"));
    let unseen = report_of_course(&record, &Course::default(), &wishes).unwrap();
    assert_eq!(unseen, report_of_record(&record, &wishes).unwrap());
    assert_ne!(unseen, seen);
}

#[test]
fn what_is_to_be_done_has_no_verdict_and_an_evacuation_no_page() {
    let record = record();
    let wishes = Wishes { title: Some("night <1>".to_owned()), made_at: Some("today".to_owned()) };
    let page = report_of_job(&record.plan, &course(&record), &wishes).unwrap();
    assert!(page.contains("<h1>night &lt;1&gt;</h1><p class=\"made\">today</p>"));
    assert!(page.contains("no verdict"));
    let text = fs::read_to_string("../core/tests/stored/plan-evacuation.json").unwrap();
    let evacuation = Job::from(serde_json::from_str::<EvacuationPlan>(&text).unwrap());
    let error = report_of_job(&evacuation, &Course::default(), &wishes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
