//! `plan --input`: a snapshot in, a plan out, no cluster.

use crate::command::run;
use serde_json::json;

/// EMQX's tutorial: three full nodes and an empty one.
const ARTICLE: &str = r#"{"version":1,"nodes":[
    {"node":"emqx1@127.0.0.1","connections":3333},
    {"node":"emqx2@127.0.0.1","connections":3334},
    {"node":"emqx3@127.0.0.1","connections":3333},
    {"node":"emqx4@127.0.0.1","connections":0}]}"#;
const STRATEGY: [&str; 8] = [
    "--conn-evict-rate",
    "10",
    "--abs-conn-threshold",
    "100",
    "--wait-health-check",
    "10s",
    "--wait-takeover",
    "10s",
];

fn plan(more: &[&str]) -> crate::command::Said {
    let mut args = vec!["plan", "--input", "-"];
    args.extend(more);
    run(&args, ARTICLE)
}

#[test]
fn the_table_says_what_will_happen() {
    let said = plan(&STRATEGY);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.out, include_str!("golden/article.txt"));
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_json_is_the_contract() {
    let plan = plan(&[&STRATEGY[..], &["--output", "json"]].concat()).json();
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["decision"], "start");
    let run = &plan["runs"][0];
    assert_eq!(run["coordinator"], "emqx4@127.0.0.1");
    assert_eq!(run["recipients"], json!(["emqx4@127.0.0.1"]));
    assert_eq!(
        run["strategy"],
        json!({"conn_evict_rate":10,"sess_evict_rate":500,"wait_health_check":10,
               "wait_takeover":10,"abs_conn_threshold":100,"rel_conn_threshold":1.1,
               "abs_sess_threshold":1000,"rel_sess_threshold":1.1})
    );
    let forecast = &plan["forecast"];
    assert_eq!(forecast["duration_s"], 98);
    assert_eq!(forecast["conn_evict_s"], 78);
    assert_eq!(forecast["disconnects"], 2340);
    let ends: Vec<_> = forecast["final"].as_array().unwrap().iter().collect();
    let ends: Vec<_> = ends.iter().map(|end| end["connections"].as_u64().unwrap()).collect();
    assert_eq!(ends, [2553, 2554, 2553, 2340]);
    assert_eq!(plan["bounds"]["fewest_disconnects"], 2500);
    assert!(plan["balance"]["before"]["over"].as_f64().unwrap() > 0.33);
}

#[test]
fn nothing_to_do_says_why() {
    let level = r#"{"nodes":[{"node":"a@h","connections":1000},{"node":"b@h","connections":900}]}"#;
    let said = run(&["plan", "--input", "-"], level);
    assert_eq!(said.code, Some(0));
    assert!(said.out.starts_with("Nothing to do"), "{}", said.out);
    assert!(said.out.contains("abs_conn_threshold 1000"), "{}", said.out);
    assert!(!said.out.contains("gives clients"), "{}", said.out);
}

#[test]
fn flags_override_the_strategy_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("strategy.yaml", "conn_evict_rate: 7\nwait_takeover: 1m30s\n"),
        ("strategy.json", r#"{"conn_evict_rate": 7, "wait_takeover": "1m30s"}"#),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let said = plan(&["--output", "json", "--strategy", path, "--conn-evict-rate", "50"]);
        let strategy = &said.json()["runs"][0]["strategy"];
        assert_eq!(strategy["conn_evict_rate"], 50, "{name}");
        assert_eq!(strategy["wait_takeover"], 90, "{name}");
    }
}

#[test]
fn nodes_and_coordinator_are_chosen() {
    let said = plan(&[
        "--output",
        "json",
        "--exclude",
        "emqx1@127.0.0.1",
        "--coordinator",
        "emqx2@127.0.0.1",
    ]);
    let run = &said.json()["runs"][0];
    assert_eq!(run["coordinator"], "emqx2@127.0.0.1");
    assert_eq!(run["nodes"], json!(["emqx2@127.0.0.1", "emqx3@127.0.0.1", "emqx4@127.0.0.1"]));
    let said = plan(&["--output", "json", "--nodes", "emqx1@127.0.0.1,emqx4@127.0.0.1"]);
    assert_eq!(said.json()["runs"][0]["nodes"], json!(["emqx1@127.0.0.1", "emqx4@127.0.0.1"]));
}

#[test]
fn a_thousand_nodes_fit_80_columns() {
    let node = |i: u32| {
        let name = format!("emqx@emqx-core-{i}.emqx-headless.production.svc.cluster.local");
        json!({"node": name, "connections": (i * 7919) % 50_000, "disconnected_sessions": i})
    };
    let snapshot = json!({"nodes": (0..1000).map(node).collect::<Vec<_>>()}).to_string();
    let said = run(&["plan", "--input", "-"], &snapshot);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let mut command = crate::command::binary(&["plan", "--input", "-", "--output", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), ARTICLE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// Two full nodes of unequal load and three empty ones.
const SKEWED: &str = r#"{"nodes":[{"node":"a@h","connections":1000},
    {"node":"b@h","connections":600},{"node":"c@h"},{"node":"d@h"},{"node":"e@h"}]}"#;

#[test]
fn comparing_shows_emqx_alone_beside_the_level_plan() {
    let args = ["plan", "--input", "-", "--compare", "--abs-conn-threshold", "10"];
    let args = [&args[..], &["--conn-evict-rate", "40"]].concat();
    let said = run(&args, SKEWED);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for text in [
        "closed to new clients",
        "EMQX rebalances at once",
        "this plan",
        "EMQX alone",
        "This plan leaves",
    ] {
        assert!(said.out.contains(text), "{text} not in {}", said.out);
    }
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let plan = run(&[&args[..], &["--output", "json"]].concat(), SKEWED).json();
    assert_eq!(plan["mode"], "level");
    let after = plan["balance"]["after"]["over"].as_f64().unwrap();
    assert!(after < plan["comparison"]["balance"]["over"].as_f64().unwrap());
}

#[test]
fn the_options_of_level_plans_reach_the_core() {
    let said = run(
        &[
            "plan",
            "--input",
            "-",
            "--output",
            "json",
            "--mode",
            "level",
            "--load-balancer",
            "least_connections",
            "--reconnect-delay",
            "500ms",
            "--max-reconnect-rate",
            "100",
            "--max-cluster-reconnect-rate",
            "150",
            "--max-unavailable",
            "2",
            "--target-over",
            "0.01",
            "--max-duration",
            "1h",
            "--weights",
            "a@h=2,b@h=1.5",
        ],
        SKEWED,
    );
    assert_eq!(said.code, Some(0), "{}", said.err);
    let asked = &said.json()["asked"]["options"];
    assert_eq!(asked["load_balancer"], "least_connections");
    assert_eq!(asked["reconnect_delay_s"], 0.5);
    assert_eq!(asked["max_reconnect_rate"], 100.0);
    assert_eq!(asked["max_cluster_reconnect_rate"], 150.0);
    assert_eq!(asked["max_unavailable"], 2);
    assert_eq!(asked["target_over"], 0.01);
    assert_eq!(asked["max_duration_s"], 3600);
}

#[test]
fn weights_change_what_is_level() {
    let level =
        r#"{"nodes":[{"node":"a@h","connections":4000},{"node":"b@h","connections":2000}]}"#;
    let over = |args: &[&str]| {
        let args = [&["plan", "--input", "-", "--output", "json"], args].concat();
        run(&args, level).json()["balance"]["before"]["over"].as_f64().unwrap()
    };
    assert!(over(&[]) > 0.3);
    assert!(over(&["--weights", "a@h=2"]).abs() < 1e-9);
}
