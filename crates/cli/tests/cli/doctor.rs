//! `doctor` on clusters that are well and on broken ones: what it says, and that it only reads.

use crate::command::{Embedded, Said, finish, run};
use crate::relay::Relay;
use serde_json::Value;
use std::net::TcpListener;
use std::process::Stdio;

/// The checks called `name`.
fn checks(said: &Said, name: &str) -> Vec<Value> {
    let document = said.json();
    let all = document["checks"].as_array().unwrap().iter();
    all.filter(|check| check["check"] == name).cloned().collect()
}

/// The one check called `name`, which must be in this state.
fn one(said: &Said, name: &str, state: &str) -> Value {
    let found = checks(said, name);
    assert_eq!(found.len(), 1, "{name} in {}", said.out);
    assert_eq!(found[0]["state"], state, "{}", said.out);
    found[0].clone()
}

fn json(cluster: &Embedded) -> Said {
    cluster.run(&["doctor", "--output", "json"])
}

#[test]
fn a_cluster_that_is_well_has_no_problem() {
    for personality in ["4.4", "5.8", "6"] {
        let cluster = Embedded::start(&["--clients", "300,0", "--personality", personality]);
        let said = json(&cluster);
        assert_eq!(said.code, Some(0), "{}", said.out);
        for name in ["key", "version", "running", "start_single", "start_level"] {
            one(&said, name, "ok");
        }
        for name in ["url", "clock", "node", "health_check"] {
            let found = checks(&said, name);
            assert!(found.len() == 2 && found.iter().all(|it| it["state"] == "ok"), "{}", said.out);
        }
        one(&said, "permission", "unknown");
    }
}

#[test]
fn it_reads_and_changes_nothing() {
    let cluster = Embedded::start(&["--clients", "3000,0"]);
    let relay = Relay::new(&cluster);
    relay.keep("POST", 0);
    let said = cluster.run(&["doctor", "--url", &relay.url, "--output", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(!relay.has_kept());
    assert_eq!(cluster.running(), 0);
    // A start by the same way is seen.
    let args = ["start", "--yes", "--no-history", "--url", &relay.url];
    let mut start = cluster.command(&args).stdout(Stdio::null()).spawn().unwrap();
    drop(relay.wait());
    start.kill().unwrap();
    start.wait().unwrap();
}

#[test]
fn a_key_that_is_not_taken_is_the_problem() {
    let cluster = Embedded::start(&["--clients", "300,0"]);
    let mut command = cluster.command(&["doctor", "--output", "json"]);
    let said = finish(command.env("EMQX_API_SECRET", "not-the-s3cret"), "");
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(one(&said, "key", "problem")["hint"].as_str().unwrap().contains("--api-key"));
    assert!(checks(&said, "url").iter().all(|check| check["state"] == "ok"));
    assert!(!said.out.contains("s3cret") && !said.err.contains("s3cret"));
}

#[test]
fn a_node_that_hangs_is_named_and_what_a_start_would_refuse() {
    let hang = r#"0s={"type":"node_hung","node":"emqx2@127.0.0.1"}"#;
    let cluster = Embedded::start(&["--clients", "9,9,9", "--fault", hang]);
    let said = json(&cluster);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let nodes = checks(&said, "node");
    assert_eq!(nodes[1]["state"], "problem", "{}", said.out);
    assert_eq!(nodes[1]["node"], "emqx2@127.0.0.1");
    for name in ["start_single", "start_level"] {
        let detail = one(&said, name, "problem")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("emqx2@127.0.0.1 does not answer"), "{detail}");
    }
}

#[test]
fn an_edition_that_cannot_rebalance_is_said() {
    let cluster = Embedded::start(&["--clients", "9,9", "--personality", "5.8-community"]);
    let said = json(&cluster);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(one(&said, "edition", "ok")["detail"], "Opensource");
    one(&said, "version", "problem");
    let running = one(&said, "running", "problem");
    assert!(running["detail"].as_str().unwrap().contains("cannot rebalance"), "{running}");
}

#[test]
fn a_run_of_somebody_else_is_named_with_what_ends_it() {
    let cluster = Embedded::start(&["--clients", "3000,0"]);
    assert_eq!(cluster.run(&["start", "--yes", "--no-history"]).code, Some(0));
    let said = json(&cluster);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let running = one(&said, "running", "problem");
    let hint = format!("stop --coordinator {}", running["node"].as_str().unwrap());
    assert!(running["hint"].as_str().unwrap().contains(&hint), "{running}");
    one(&said, "start_single", "problem");
}

#[test]
fn each_url_that_leads_nowhere_says_why() {
    let cluster = Embedded::start(&["--clients", "300,0"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let good = &cluster.urls[0];
    let urls = [
        format!("http://{free}"),
        "http://nowhere.invalid:18083".to_owned(),
        good.replace("http:", "https:"),
        good.clone(),
    ];
    let said = cluster.run(&["doctor", "--output", "json", "--url", &urls.join(",")]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let found = checks(&said, "url");
    for (check, url) in found.iter().zip(&urls).take(3) {
        assert_eq!(check["state"], "problem", "{check}");
        assert!(check["detail"].as_str().unwrap().starts_with(url.as_str()), "{check}");
        assert!(check["hint"].is_string(), "{check}");
    }
    assert!(found[2]["detail"].as_str().unwrap().contains("TLS"), "{}", found[2]);
    assert_eq!(found[3]["state"], "ok");
    one(&said, "key", "ok");
}

#[test]
fn people_read_a_line_each_and_a_sum() {
    let cluster = Embedded::start(&["--clients", "300,0"]);
    let said = cluster.run(&["doctor"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("ok       node          2 nodes: runs\n"), "{}", said.out);
    assert!(said.out.contains("Nothing seen is in the way of a start"), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{}", said.out);
}

#[test]
fn wrong_arguments_are_no_diagnosis() {
    for args in [&["doctor"][..], &["doctor", "--url", "ftp://h"], &["doctor", "--nonsense"]] {
        let said = run(args, "");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
    }
}
