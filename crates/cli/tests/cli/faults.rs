//! `cluster` broken on request: by a schedule, and at `/sim/faults` while it runs.

use crate::command::{Embedded, run};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

const KILLED: &str = r#"{"type":"node_killed","node":"emqx2@127.0.0.1"}"#;

/// Watches `cluster` until it shows its second node as `status`.
fn until_second_is(cluster: &Embedded, status: &str) {
    let mut command = cluster.command(&["status", "--watch", "--output", "json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_shown = lines.take(20).any(|line| {
        let shown: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let mut nodes = shown["nodes"].as_array().unwrap().iter();
        nodes.find(|node| node["node"] == "emqx2@127.0.0.1").unwrap()["status"] == status
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_shown, "the second node is never {status}");
}

/// The status of the answer to `body` at the cluster's endpoint of faults.
fn ask(cluster: &Embedded, body: &str) -> String {
    let url = cluster.access["faults"].as_str().unwrap();
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    // The key and the secret of every embedded cluster that is not told others.
    let key = "ZW1xeC1yZWJhbGFuY2U6ZW1iZWRkZWQtY2x1c3Rlcg==";
    let length = body.len();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {key}\r\nconnection: close\r\n"
    );
    write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[test]
fn a_node_dies_when_the_schedule_says_so() {
    let cluster = Embedded::start(&["--clients", "9,9,9", "--fault", &format!("1s={KILLED}")]);
    until_second_is(&cluster, "stopped");
}

#[test]
fn a_file_of_faults_is_json_or_yaml() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults");
    let yaml = "- at_s: 0.5\n  fault: {type: node_killed, node: emqx2@127.0.0.1}\n";
    let json = format!(r#"[{{"at_s":0.5,"fault":{KILLED}}}]"#);
    for text in [yaml, &json] {
        std::fs::write(&file, text).unwrap();
        let args = ["--clients", "9,9,9", "--faults", file.to_str().unwrap()];
        until_second_is(&Embedded::start(&args), "stopped");
    }
}

#[test]
fn a_node_dies_and_boots_when_the_endpoint_is_asked() {
    let cluster = Embedded::start(&["--clients", "9,9,9"]);
    assert_eq!(ask(&cluster, KILLED), "HTTP/1.1 200 OK");
    until_second_is(&cluster, "stopped");
    assert_eq!(ask(&cluster, &KILLED.replace("killed", "restarted")), "HTTP/1.1 200 OK");
    until_second_is(&cluster, "running");
    assert_eq!(ask(&cluster, r#"{"type":"nonsense"}"#), "HTTP/1.1 400 Bad Request");
}

#[test]
fn emqx_5_10_is_waited_for_while_a_node_hangs() {
    let hang = format!("0s={}", KILLED.replace("killed", "hung"));
    let cluster = Embedded::start(&["--clients", "9,9", "--personality", "5.10", "--fault", &hang]);
    let said = cluster.run(&["status", "--url", &cluster.urls[0], "--output", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let status = said.json();
    let states = status["nodes"].as_array().unwrap().iter().map(|node| &node["status"]);
    assert_eq!(states.collect::<Vec<_>>(), ["running", "unknown"]);
}

#[test]
fn the_start_says_how_to_break_it() {
    let mut command = crate::command::binary(&["cluster", "--clients", "9,9"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("# Break it: curl -u ")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.ends_with(&format!("/sim/faults -d '{KILLED}'")), "{line}");
}

#[test]
fn bad_faults_name_field_value_and_bound() {
    let at = |time: &str, fault: &str| format!("{time}={fault}");
    let unknown = r#"{"type":"node_kiled","node":"emqx2@127.0.0.1"}"#;
    let nowhere = KILLED.replace("emqx2", "emqx9");
    let slow = r#"{"type":"node_slow","node":"emqx2@127.0.0.1","ms":-1}"#;
    let down = r#"{"type":"load_balancer","down":true}"#;
    for (flags, texts) in [
        (&["--fault", "now"][..], &["`fault` is `now`", "a time, `=` and a fault"][..]),
        (&["--fault", &at("soon", KILLED)], &["`fault` is `soon=", "a time"]),
        (&["--fault", &at("inf", KILLED)], &["`fault` is `inf=", "a time"]),
        (&["--fault", "1s={\"type\":"], &["`fault` is `1s={", "as JSON"]),
        (&["--fault", &at("-1s", KILLED)], &["`faults[0].at_s` is `-1`", "from 0 to"]),
        (&["--fault", &at("1s", unknown)], &["`faults[0]` is", "node_kiled", "`node_killed`"]),
        (&["--fault", &at("1s", &nowhere)], &["`faults[0].fault` is `emqx9@", "of this cluster"]),
        (&["--fault", &at("1s", slow)], &["`faults[0]` is", "-1", "u64"]),
        (&["--fault", "a", "--fault", "b"], &["`fault` is `a`", "`fault` is `b`"]),
        (&["--faults", "/nowhere/faults"], &["cannot read the file", "/nowhere/faults"]),
        (&["--mqtt", "--fault", &at("1s", down)], &["`faults[0]` is", "without `--mqtt`"]),
    ] {
        let said = run(&[&["cluster", "--clients", "9,9"], flags].concat(), "");
        assert_eq!(said.code, Some(2), "{flags:?}: {}", said.err);
        assert_eq!(said.out, "");
        for text in texts {
            assert!(said.err.contains(text), "{text} not in {}", said.err);
        }
    }
    let said = run(&["cluster", "--faults", "-"], "at_s: 1");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("expected a list"), "{}", said.err);
}
