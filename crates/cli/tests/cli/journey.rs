//! The main job against the embedded cluster: plan, start, watch, stop, evacuate.

use crate::command::{Embedded, finish, signalled};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// A run of a few seconds on 300 clients.
pub(crate) const QUICK: [&str; 8] = [
    "--conn-evict-rate",
    "5",
    "--abs-conn-threshold",
    "10",
    "--wait-health-check",
    "1s",
    "--wait-takeover",
    "1s",
];
/// One that waits as long as the test needs.
pub(crate) const SLOW: [&str; 6] =
    ["--wait-health-check", "10m", "--abs-conn-threshold", "10", "--conn-evict-rate", "5"];

pub(crate) fn cluster() -> Embedded {
    Embedded::start(&["--clients", "150,150,0"])
}

#[test]
fn start_and_wait_gives_the_verdict() {
    let cluster = cluster();
    let said = cluster.run(&[&["start", "--yes", "--wait"], &QUICK[..]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("Moves"), "{}", said.out);
    assert!(said.out.contains("✔ completed"), "{}", said.out);
    assert!(said.err.contains("moving clients"), "{}", said.err);
    assert_eq!(cluster.running(), 0);

    let again = cluster.run(&[&["start", "--yes", "--wait"], &QUICK[..]].concat());
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("already balanced"), "{}", again.out);
}

#[test]
fn the_verdict_is_json_too() {
    let cluster = cluster();
    let args = [&["start", "--yes", "--wait", "--output", "json"], &QUICK[..]].concat();
    let said = cluster.run(&args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.err, "");
    let status = said.json();
    assert_eq!(status["version"], 1);
    assert_eq!(status["phase"], "Completed");
    assert_eq!(status["outcome"]["result"], "completed");
    let nodes = status["nodes"].as_array().unwrap();
    let total: u64 = nodes.iter().map(|node| node["connections"].as_u64().unwrap()).sum();
    assert_eq!(total, 300);
}

#[test]
fn start_and_wait_writes_a_page() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    let args = ["start", "--yes", "--wait", "--report", report.to_str().unwrap()];
    let said = cluster.run(&[&args[..], &QUICK[..]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.contains("The report is in"), "{}", said.err);
    let page = std::fs::read_to_string(&report).unwrap();
    for text in ["<html", "Rebalance of 3 nodes", "emqx3@127.0.0.1", "✓ completed"] {
        assert!(page.contains(text), "{text} not in the page");
    }
    assert!(!page.contains(&cluster.secret));

    let without_wait = cluster.run(&["start", "--yes", "--report", report.to_str().unwrap()]);
    assert_eq!(without_wait.code, Some(2), "{}", without_wait.err);
    let unused = folder.path().join("unused.html");
    let args = ["start", "--yes", "--wait", "--report", unused.to_str().unwrap()];
    let said = cluster.run(&[&args[..], &["--exclude", "emqx9@127.0.0.1"]].concat());
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(!unused.exists(), "nothing was started, nothing is written");
    let nowhere = cluster.run(&["start", "--yes", "--wait", "--report", "/nowhere/report.html"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.err);
    assert!(nowhere.err.contains("`report` is `/nowhere/report.html`"), "{}", nowhere.err);
}

#[test]
fn start_returns_when_emqx_shows_the_run_and_stop_ends_it() {
    let cluster = cluster();
    let said = cluster.run(&[&["start", "--yes"], &SLOW[..]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("Started."), "{}", said.out);
    assert!(said.err.contains("emqx-rebalance stop"), "{}", said.err);

    let status = cluster.run(&["status"]);
    assert!(status.out.contains("1 rebalance is running"), "{}", status.out);
    assert!(status.out.contains("wait_health_check"), "{}", status.out);

    let second = cluster.run(&[&["start", "--yes"], &SLOW[..]].concat());
    assert_eq!(second.code, Some(1), "{}", second.err);
    assert!(second.err.contains("nothing was started"), "{}", second.err);
    let forced = cluster.run(&[&["start", "--yes", "--wait", "--force"], &SLOW[..]].concat());
    assert_eq!(forced.code, Some(1), "{}", forced.err);
    assert!(forced.out.contains("is running already"), "{}", forced.out);
    assert!(!forced.out.contains("cause:"), "said twice: {}", forced.out);
    assert_eq!(cluster.running(), 1);

    let stop = cluster.run(&["stop", "--output", "json"]);
    assert_eq!(stop.code, Some(0), "{}", stop.err);
    assert_eq!(stop.json()["stopped"].as_array().unwrap().len(), 1);
    assert_eq!(cluster.running(), 0);
    let again = cluster.run(&[&["start", "--yes", "--output", "json"], &SLOW[..]].concat());
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    let stop = cluster.run(&["stop", "--coordinator", "emqx3@127.0.0.1"]);
    // Others may be closed still: by another rebalance, by an evacuation.
    assert!(stop.out.contains("its donors serve again"), "{}", stop.out);
    assert!(cluster.run(&["stop"]).out.contains("Nothing to stop"));
}

/// Starts and waits, and ends the process with `signal` once EMQX runs.
fn interrupted(cluster: &Embedded, signal: &str) -> (Option<i32>, String) {
    let mut command = cluster.command(&[&["start", "--yes", "--wait"], &SLOW[..]].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = |line: &String| line.contains("waiting for load balancers");
    lines.by_ref().map(Result::unwrap).find(waits).unwrap();
    signalled(child.id(), signal);
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    (child.wait().unwrap().code(), rest.join("\n"))
}

#[test]
fn a_killed_command_leaves_emqx_running_and_status_says_so() {
    let cluster = cluster();
    let (code, _) = interrupted(&cluster, "-KILL");
    assert_eq!(code, None);
    let status = cluster.run(&["status", "--output", "json"]).json();
    assert_eq!(status["phase"], "Processing");
    assert_eq!(status["runs"][0]["state"], "wait_health_check");
    assert!(status["outcome"].is_null());
}

#[test]
fn ctrl_c_and_sigterm_detach_and_say_so() {
    let cluster = cluster();
    for signal in ["-INT", "-TERM"] {
        let (code, said) = interrupted(&cluster, signal);
        // Without a verdict it is not done: what follows in a script must not go on.
        assert_eq!(code, Some(1), "{said}");
        for text in ["Not watching any more", "goes on by itself", "emqx-rebalance stop"] {
            assert!(said.contains(text), "{text} not in {said}");
        }
        assert_eq!(cluster.running(), 1);
        assert_eq!(cluster.run(&["stop"]).code, Some(0));
    }
}

#[test]
fn the_secret_may_come_from_a_file_and_the_user_may_log_in() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{}\n", cluster.secret)).unwrap();
    let mut command = cluster.command(&["status", "--api-secret-file"]);
    let said = finish(command.arg(&file).env_remove("EMQX_API_SECRET"), "");
    assert_eq!(said.code, Some(0), "{}", said.err);

    let mut command = cluster.command(&["status", "--username", "admin"]);
    command.env_remove("EMQX_API_KEY").env("EMQX_PASSWORD", "public");
    let said = finish(&mut command, "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("No rebalance is running"), "{}", said.out);
}

#[test]
fn watching_writes_a_line_of_json_for_every_second() {
    let cluster = cluster();
    let mut command = cluster.command(&["status", "--watch", "--output", "json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.take(2) {
        let status: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(status["version"], 1);
        assert_eq!(status["nodes"].as_array().unwrap().len(), 3);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_node_is_emptied_and_serves_again() {
    let cluster = cluster();
    let node = "emqx1@127.0.0.1";
    let said = cluster.run(&["evacuate", "start", node, "--yes", "--wait-health-check", "10m"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("until you stop this"), "{}", said.err);
    assert!(cluster.run(&["evacuate", "status"]).out.contains(node));
    let other = cluster.run(&["evacuate", "status", "emqx2@127.0.0.1"]);
    assert_eq!(other.out, "emqx2@127.0.0.1 is not being emptied.\n");
    let unknown = cluster.run(&["evacuate", "status", "emqx9@127.0.0.1", "--output", "json"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""));
    assert_eq!(unknown.error()["kind"], "unknown_node");
    assert!(cluster.run(&["status"]).out.contains("evacuating"));

    let start = cluster.run(&["start", "--yes", "--nodes", "emqx1@127.0.0.1,emqx3@127.0.0.1"]);
    assert_eq!(start.code, Some(1), "{}", start.err);
    assert!(start.err.contains("is being evacuated"), "{}", start.err);

    let said = cluster.run(&["evacuate", "stop", node]);
    assert!(said.out.contains("serves clients again"), "{}", said.out);
    let said = cluster.run(&["evacuate", "stop", node]);
    assert!(said.out.contains("was not being emptied"), "{}", said.out);
    let said = cluster.run(&["evacuate", "status", "--output", "json"]);
    assert_eq!(said.json(), serde_json::json!([]));
}

#[test]
fn an_unknown_node_is_named() {
    let cluster = cluster();
    let said = cluster.run(&["start", "--yes", "--exclude", "emqx9@127.0.0.1"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("emqx9@127.0.0.1"), "{}", said.err);
    let said = cluster.run(&["evacuate", "start", "emqx9@127.0.0.1", "--yes"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn a_cluster_takes_mqtt_clients_and_brings_its_own() {
    let cluster = Embedded::start(&["--mqtt", "--clients", "20,10,0", "--personality", "5.3"]);
    assert_eq!(cluster.access["mqtt"].as_array().unwrap().len(), 3);
    let balancer = cluster.access["load_balancer"].as_str().unwrap();
    std::net::TcpStream::connect(balancer).unwrap();
    let status = cluster.run(&["status", "--output", "json"]).json();
    let nodes = status["nodes"].as_array().unwrap().iter();
    let counts: Vec<_> = nodes.map(|node| node["connections"].as_u64().unwrap()).collect();
    assert_eq!(counts, [20, 10, 0]);
}

#[test]
fn a_node_is_emptied_to_the_verdict() {
    let cluster = cluster();
    let node = "emqx1@127.0.0.1";
    let quick =
        ["--conn-evict-rate", "100", "--wait-health-check", "1s", "--wait-takeover", "1s", node];
    let plan = cluster.run(&[&["evacuate", "plan"], &quick[..]].concat());
    assert_eq!(plan.code, Some(0), "{}", plan.err);
    for text in ["150 clients are disconnected", "stays closed"] {
        assert!(plan.out.contains(text), "{text} not in {}", plan.out);
    }
    assert!(plan.out.lines().all(|line| line.chars().count() <= 80), "{}", plan.out);
    let said = cluster.run(&[&["evacuate", "start", "--yes", "--wait"], &quick[..]].concat());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("empty, safe to stop"), "{}", said.out);
    assert!(said.err.contains("emqx-rebalance evacuate stop"), "{}", said.err);
    let status = cluster.run(&["evacuate", "status", "--output", "json"]).json();
    assert_eq!(status[0]["node"], node);
    assert_eq!(status[0]["state"], "prohibiting");
}
