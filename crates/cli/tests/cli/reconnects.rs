//! `--reconnect`: a file, a name or a time; and what plans say of who is back when.

use crate::command::{Said, run};
use crate::journey::cluster;
use serde_json::json;
use std::fs;
use tempfile::TempDir;

const FULL: &str = r#"{"nodes":[{"node":"a@h","connections":5000},{"node":"b@h"},{"node":"c@h"}]}"#;
const FLEET: &str = r#"{"version": 1, "points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 0.9]]}"#;

fn plan(args: &[&str]) -> Said {
    run(&[&["plan", "--input", "-"], args].concat(), FULL)
}

/// A file of `text`, and the folder that it is in.
fn file(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.json");
    fs::write(&path, text).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

#[test]
fn a_file_a_name_and_a_time_reach_the_core() {
    let (_folder, fleet) = file(FLEET);
    let points = |reconnect: &str| {
        let said = plan(&["--output", "json", "--reconnect", reconnect]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.json()["asked"]["options"]["reconnect"]["points"].clone()
    };
    assert_eq!(points(&fleet), json!([[0.5, 0.0], [1.5, 0.5], [10.0, 0.5], [60.0, 0.9]]));
    assert_eq!(points("hivemq"), json!([[0.75, 0.0], [1.75, 1.0]]));
    for time in ["90", "1m30s", "90000ms"] {
        assert_eq!(points(time), json!([[45.0, 0.0], [135.0, 1.0]]), "{time}");
    }
    let (folder, _) = file(FLEET);
    let snapshot = folder.path().join("snapshot.json");
    fs::write(&snapshot, FULL).unwrap();
    let args =
        ["plan", "--input", snapshot.to_str().unwrap(), "--output", "json", "--reconnect", "-"];
    let piped = run(&args, FLEET).json();
    assert_eq!(piped["asked"]["options"]["reconnect"]["points"], points(&fleet));
    let (_folder, name) = file("\"tasmota\"");
    assert_eq!(points(&name), json!([[10.0, 0.0], [10.5, 1.0]]));
}

#[test]
fn a_plan_says_when_the_clients_are_back() {
    let (_folder, fleet) = file(FLEET);
    let said = plan(&["--reconnect", &fleet]);
    let row = said.out.lines().find(|line| line.starts_with(" clients back")).unwrap();
    assert!(row.contains("99 % after 2 min") && row.contains("never come"), "{row}");
    let prompt = plan(&["--mode", "level"]).out;
    let row = prompt.lines().find(|line| line.starts_with(" clients back")).unwrap();
    assert!(row.contains("on their way") && !row.contains("never"), "{row}");
    let balanced = run(&["plan", "--input", "-"], r#"{"nodes":[{"node":"a@h"},{"node":"b@h"}]}"#);
    assert!(!balanced.out.contains("clients back"), "{}", balanced.out);

    let cluster = cluster();
    let args = ["evacuate", "plan", "emqx1@127.0.0.1", "--reconnect", "mobile_fleet"];
    let said = cluster.run(&args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Clients are back elsewhere: 99 % after"), "{}", said.out);
    assert!(words.contains("3 never come"), "{}", said.out);
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_the_file_the_place_and_the_bound() {
    let (_folder, bad) = file(r#"{"points": [[1, 0], [0.5, 0.5]]}"#);
    let said = plan(&["--reconnect", &bad, "--conn-evict-rate", "0", "--max-duration", "x"]);
    assert_eq!(said.code, Some(2));
    for text in [
        "`reconnect.points[1][0]` is `0.5`",
        "seconds from 1 to 86400",
        &format!("in {bad}"),
        "`conn_evict_rate` is `0`",
        "`max_duration` is `x`",
    ] {
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    for (text, why) in [("{", "not a reconnect profile"), ("", "the file is empty"), ("17h", "17h")]
    {
        let (_folder, bad) = file(text);
        let said = plan(&["--reconnect", &bad]);
        assert_eq!(said.code, Some(2), "{text}");
        assert!(said.err.contains(why) && said.err.contains(&bad), "{}", said.err);
    }
}

#[test]
fn a_near_miss_is_told_the_right_name_and_one_of_two_must_go() {
    let said = plan(&["--reconnect", "paho-pyton"]);
    assert_eq!(said.code, Some(2));
    for text in
        ["`reconnect` is `paho-pyton`", "a file with", "1m30s", "did you mean `paho_python`?"]
    {
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    for mode in ["single", "level"] {
        let both = ["--mode", mode, "--reconnect", "mqtt_js", "--reconnect-delay", "2"];
        let said = plan(&both);
        assert_eq!(said.code, Some(2), "{}", said.out);
        for text in ["`reconnect_delay_s` is `2`", "`reconnect`"] {
            assert!(said.err.contains(text), "{text} not in {}", said.err);
        }
    }
    let help = plan(&["--help"]).out;
    assert!(help.contains("FILE|NAME|TIME") && help.contains("paho_python"), "{help}");
}

#[test]
fn nobody_waits_for_a_pilot_who_does_not_wait_for_the_end() {
    let cluster = cluster();
    let args = ["start", "--yes", "--mode", "level", "--pilot", "20", "--wait-health-check", "1s"];
    let said = cluster.run(&args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("Moves") && !said.out.contains("pilot"), "{}", said.out);
    let said = cluster.run(&["plan", "--mode", "level", "--pilot", "20"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
}
