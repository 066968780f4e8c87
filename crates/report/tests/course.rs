//! The course that every host takes down, and the page of a driver or a record.

#![cfg(test)]

use emqx_rebalance_core::driver::{Driver, DriverOptions, Purpose, Record, Status};
use emqx_rebalance_core::{ErrorKind, EvacuationRequest, Plan, PlanRequest};
use emqx_rebalance_report::{Course, Wishes, report, report_of_record};
use serde_json::json;

fn planned() -> Plan {
    let json = r#"{"snapshot": {"nodes": [{"node": "emqx1@h", "connections": 900}, {"node": "emqx2@h"}]},
        "abs_conn_threshold": 10}"#;
    serde_json::from_str::<PlanRequest>(json).unwrap().plan().unwrap()
}

fn status(clients: u64, state: &str, wave: u32) -> Status {
    serde_json::from_value(json!({
        "version": 1, "phase": "Processing", "wave": wave,
        "runs": [{"coordinator": "emqx2@h", "state": state, "donors": ["emqx1@h"], "recipients": []}],
        "nodes": [{"node": "emqx1@h", "connections": clients}, {"node": "emqx2@h", "status": "unknown"}],
        "progress": {"moved": 0, "to_move": 450, "percent": 0.0, "elapsed_s": 0},
    }))
    .unwrap()
}

fn record(plan: &Plan) -> Record {
    serde_json::from_value(json!({
        "version": 1, "began_at": 1000, "ended_at": 91_000, "who": "alice", "reason": "<scale-out> 41",
        "plan": plan, "nodes": [{"node": "emqx1@h", "connections": 451}, {"node": "emqx2@h", "connections": 449}],
        "moved": 450, "expected_s": 90, "outcome": {"result": "completed", "detail": "level now"},
    }))
    .unwrap()
}

#[test]
fn a_course_has_a_sample_a_second_of_the_nodes_that_are_known() {
    let mut course = Course::default();
    for (t_s, clients) in [(0.0, 900), (0.2, 890), (1.0, 880), (2.0, 870)] {
        course.see(&status(clients, "evicting_conns", 1), t_s);
    }
    let seen: Vec<_> =
        course.samples().iter().map(|s| (s.nodes.len(), s.nodes[0].connections)).collect();
    assert_eq!(seen, [(1, 900), (1, 880), (1, 870)]);
    let [phase] = course.phases() else { panic!("{:?}", course.phases()) };
    assert!(phase.from_s < 0.1 && phase.to_s > 1.9);
    course.see(&status(860, "wait_takeover", 2), 3.0);
    assert_eq!((course.samples().len(), course.phases().len()), (4, 1));
}

#[test]
fn a_long_course_is_kept_in_bounded_room_from_its_first_to_its_last_second() {
    let mut course = Course::default();
    for second in 0..10_000_u32 {
        course.see(&status(900, "evicting_conns", 1), f64::from(second));
    }
    let times: Vec<f64> = course.samples().iter().map(|sample| sample.t_s).collect();
    assert!((256..=1024).contains(&times.len()), "{}", times.len());
    assert!(times[0] < 1.0 && *times.last().unwrap() > 9_900.0);
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn the_page_of_a_driver_shows_its_plan_and_who_asked_for_it() {
    let purpose =
        Purpose { who: Some("alice".to_owned()), reason: Some("scale-out 41".to_owned()) };
    let driver = Driver::new(planned(), DriverOptions::default(), false).unwrap();
    let driver = driver.with_purpose(purpose);
    let mut course = Course::default();
    course.see(&status(777, "evicting_conns", 1), 1.0);
    let wishes = Wishes { made_at: Some("2026-11-30 19:00".to_owned()), ..Wishes::default() };
    let page = report(&driver, &course, &wishes).unwrap();
    let said =
        ["Rebalance of 2 nodes", "2026-11-30 19:00 · alice · scale-out 41", "no verdict", "777"];
    for text in said {
        assert!(page.contains(text), "{text}");
    }
    let wishes = Wishes { title: Some("blue <b>".to_owned()), ..wishes };
    assert!(report(&driver, &course, &wishes).unwrap().contains("<h1>blue &lt;b&gt;</h1>"));
}

#[test]
fn the_page_of_a_record_has_the_verdict_and_the_counts_at_the_end() {
    let page = report_of_record(&record(&planned()), &Wishes::default()).unwrap();
    for text in ["✓ completed", "level now", "451", "449", "90 s", "alice · &lt;scale-out&gt; 41"]
    {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<scale-out>"));
}

#[test]
fn an_evacuation_has_no_page_and_says_so() {
    let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9}, {"node": "b@h"}]}, "node": "a@h"}"#;
    let plan = serde_json::from_str::<EvacuationRequest>(json).unwrap().plan().unwrap();
    let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
    let error = report(&driver, &Course::default(), &Wishes::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
