//! What the history says of how clients came back, in the next plan.

use crate::command::{Embedded, finish};
use crate::journey::{QUICK, cluster};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A history of one rebalance of `cluster` that ended `age_s` ago, in which `clients` were seen to come back.
fn history(cluster: &Embedded, file: &Path, clients: u64, age_s: u64) {
    let args = [&["start", "--yes", "--wait"], &QUICK[..]].concat();
    let said = finish(cluster.command(&args).env("EMQX_REBALANCE_HISTORY", file), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut record: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    record["reconnects"] = json!({
        "clients": clients, "watched_s": 60.0, "half_s": 1.0, "missing": 0.0,
        "profile": {"version": 1, "points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 1]]},
    });
    let ended_at = record["ended_at"].as_u64().unwrap();
    record["ended_at"] = (ended_at - age_s * 1000).into();
    fs::write(file, format!("{record}\n")).unwrap();
}

/// The reconnect profile of a level plan with `args`, and the finding about it.
fn planned(cluster: &Embedded, file: &Path, args: &[&str]) -> (Value, Option<String>) {
    let level = ["plan", "--output", "json", "--mode", "level", "--target-over", "0"];
    let mut command = cluster.command(&[&level[..], args].concat());
    let said = finish(command.env("EMQX_REBALANCE_HISTORY", file), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let plan = said.json();
    let findings = plan["findings"].as_array().unwrap();
    let found = findings.iter().find(|found| found["code"] == "reconnects_remembered");
    let message = found.map(|found| found["message"].as_str().unwrap().to_owned());
    (plan["asked"]["options"]["reconnect"].clone(), message)
}

#[test]
fn the_next_plan_of_a_cluster_knows_how_its_clients_came_back() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let file = folder.path().join("history.jsonl");
    history(&cluster, &file, 5000, 7 * 86_400);
    let (profile, message) = planned(&cluster, &file, &[]);
    assert_eq!(profile["points"], json!([[0.5, 0.0], [1.5, 0.5], [10.0, 0.5], [60.0, 1.0]]));
    let message = message.unwrap();
    assert!(
        message.contains("5,000") && message.contains("half are back after 1.0 s"),
        "{message}"
    );
    let (profile, message) = planned(&cluster, &file, &["--reconnect", "mqtt_js"]);
    assert_eq!((profile["name"].as_str(), message), (Some("mqtt_js"), None));
}

#[test]
fn what_is_too_little_or_too_old_is_not_remembered() {
    for (clients, age_s) in [(199, 60), (5000, 91 * 86_400)] {
        let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
        let file = folder.path().join("history.jsonl");
        history(&cluster, &file, clients, age_s);
        assert_eq!(planned(&cluster, &file, &[]), (Value::Null, None), "{clients}, {age_s}");
    }
}
