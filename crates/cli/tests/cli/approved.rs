//! `start --plan`: what somebody approved is started, or nothing.

use crate::command::{Embedded, Said};
use crate::journey::{QUICK, cluster};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Plans for `cluster`, changes the plan and writes it down.
fn plan(cluster: &Embedded, folder: &Path, change: impl Fn(&mut Value)) -> PathBuf {
    let said = cluster.run(&[&["plan", "--output", "json"], &QUICK[..]].concat());
    let mut plan = said.json();
    change(&mut plan);
    let path = folder.join("plan.json");
    std::fs::write(&path, plan.to_string()).unwrap();
    path
}

fn start(cluster: &Embedded, plan: &Path, more: &[&str]) -> Said {
    let args = ["start", "--yes", "--wait", "--plan", plan.to_str().unwrap()];
    cluster.run(&[&args[..], more].concat())
}

#[test]
fn a_plan_that_fits_is_started_as_it_is() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let path = plan(&cluster, folder.path(), |_| {});
    let said = start(&cluster, &path, &["--output", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.json()["outcome"]["result"], "completed");
    // The plan moved clients, so it does not fit a second time.
    let said = start(&cluster, &path, &[]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("changed too much"), "{}", said.err);
    assert!(said.err.contains("plan again"), "{}", said.err);
}

#[test]
fn a_plan_of_another_time_or_cluster_is_refused() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let refused = |change: &dyn Fn(&mut Value), more: &[&str], why: &str| {
        let path = plan(&cluster, folder.path(), change);
        let said = start(&cluster, &path, more);
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains(why), "{why} not in {}", said.err);
        assert_eq!(cluster.running(), 0);
    };
    let made = |age_s: u64| {
        move |plan: &mut Value| {
            let at = plan["fingerprint"]["made_at_ms"].as_u64().unwrap();
            plan["fingerprint"]["made_at_ms"] = json!(at - age_s * 1000);
        }
    };
    refused(&made(3700), &[], "too old");
    refused(&made(100), &["--plan-max-age", "1m"], "too old");
    let node = |plan: &mut Value| plan["fingerprint"]["nodes"][2]["node"] = json!("x@y");
    refused(&node, &[], "has joined");
    let count = |plan: &mut Value| plan["fingerprint"]["nodes"][0]["connections"] = json!(144);
    refused(&count, &[], "changed too much");
    refused(&count, &["--plan-tolerance", "0.01"], "changed too much");
}

#[test]
fn what_contradicts_a_plan_file_is_bad_usage() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let path = plan(&cluster, folder.path(), |_| {});
    for (more, text) in [
        (["--mode", "level"], "cannot be used with"),
        (["--conn-evict-rate", "7"], "cannot be used with"),
        (["--plan-tolerance", "2"], "from 0 to 1"),
        (["--plan-max-age", "soon"], "plan_max_age"),
        (["--max-waves", "9"], "max_waves"),
        (["--time-limit", "never"], "time_limit"),
    ] {
        let said = start(&cluster, &path, &more);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    let later = plan(&cluster, folder.path(), |plan| plan["version"] = json!(2));
    let said = start(&cluster, &later, &[]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("`version` is `2` but must be 1"), "{}", said.err);
    std::fs::write(&path, r#"{"version":1,"nodes":[]}"#).unwrap();
    let said = start(&cluster, &path, &[]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("not a plan"), "{}", said.err);
    assert_eq!(cluster.running(), 0);
}
