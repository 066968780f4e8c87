//! Bad options, files and arguments: a clear text, exit code 2, nothing started.

use crate::command::{finish, run};

const GOOD: &str = r#"{"nodes":[{"node":"a@h","connections":5000},{"node":"b@h"}]}"#;

/// Planning `snapshot` with `args` must end with code 2 and name all of `texts`.
fn refused(snapshot: &str, args: &[&str], texts: &[&str]) {
    let said = run(&[&["plan", "--input", "-"], args].concat(), snapshot);
    assert_eq!(said.code, Some(2), "{args:?} {snapshot}: {}", said.err);
    assert_eq!(said.out, "");
    for text in texts {
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    let json = run(&[&["plan", "--input", "-", "--output", "json"], args].concat(), snapshot);
    assert_eq!((json.code, json.out.as_str()), (Some(2), ""));
    let kind = json.error()["kind"].as_str().unwrap().to_owned();
    assert!(["config_invalid", "unknown_node"].contains(&kind.as_str()), "{kind}");
}

#[test]
fn bad_options_name_field_value_and_bound() {
    for (flag, value, bound) in [
        ("--conn-evict-rate", "-5", "a whole number from 1"),
        ("--conn-evict-rate", "0", "a whole number from 1"),
        ("--conn-evict-rate", "1.5", "a whole number from 1"),
        ("--conn-evict-rate", "99999999999999999999", "a whole number from 1"),
        ("--sess-evict-rate", "many", "a whole number from 1"),
        ("--wait-health-check", "-1s", "whole seconds"),
        ("--wait-takeover", "99999999", "whole seconds"),
        ("--wait-takeover", "soon", "whole seconds"),
        ("--abs-conn-threshold", "0", "a whole number from 1"),
        ("--rel-conn-threshold", "1", "more than 1"),
        ("--rel-conn-threshold", "0.9", "more than 1"),
        ("--rel-sess-threshold", "NaN", "more than 1"),
        ("--rel-sess-threshold", "inf", "more than 1"),
        ("--conn-evict-rpc-timeout", "x", "whole seconds"),
    ] {
        let field = flag.trim_start_matches('-').replace('-', "_");
        refused(GOOD, &[flag, value], &[&format!("`{field}` is `{value}`"), bound]);
    }
}

#[test]
fn all_problems_are_named_at_once() {
    let args = ["--conn-evict-rate", "0", "--rel-conn-threshold", "1", "--wait-takeover", "x"];
    let fields = ["`conn_evict_rate`", "`rel_conn_threshold`", "`wait_takeover`"];
    refused(GOOD, &args, &fields);
    let snapshot = r#"{"nodes":[{"node":"a@h","connections":-1},{"node":"b@h","sessions":"x"}]}"#;
    refused(snapshot, &[], &["`nodes[0].connections`", "`nodes[1].sessions`"]);
}

/// The problems that planning `snapshot` with `args` writes as JSON.
fn problems(snapshot: &str, args: &[&str]) -> serde_json::Value {
    let said = run(&[&["plan", "--input", "-", "--output", "json"], args].concat(), snapshot);
    assert_eq!(said.code, Some(2), "{args:?} {snapshot}: {}", said.err);
    said.error()["problems"].clone()
}

#[test]
fn json_keeps_field_value_and_bound_apart() {
    for (args, field, value) in [
        (["--conn-evict-rate", "0"], "conn_evict_rate", "0"),
        (["--max-unavailable", "0"], "max_unavailable", "0"),
        (["--mode", "best"], "mode", "best"),
    ] {
        let problems = problems(GOOD, &args);
        assert_eq!((&problems[0]["field"], &problems[0]["value"]), (&field.into(), &value.into()));
        assert!(problems[0]["bound"].is_string(), "{problems}");
    }
    let problems = problems(r#"{"nodes":[{"node":"a@h","connections":-1}]}"#, &[]);
    assert_eq!(problems[0]["field"], "nodes[0].connections");
    assert_eq!(problems[0]["value"], "-1");
}

#[test]
fn bad_snapshots_say_what_is_wrong() {
    for (snapshot, text) in [
        ("", "not a snapshot"),
        ("{", "not a snapshot"),
        ("[]", "invalid snapshot"),
        (r#"{"nodes":[]}"#, "at least one node"),
        (r#"{"nodes":[{"node":"a@h"},{"node":"a@h"}]}"#, "not in the list already"),
        (r#"{"nodes":[{"node":"a@h","connections":-1}]}"#, "-1"),
        (r#"{"nodes":[{"node":"a@h","connections":1.5}]}"#, "1.5"),
        (r#"{"nodes":[{"node":"a@h","connections":"many"}]}"#, "many"),
        (r#"{"nodes":[{"node":"a@h","connections":1e300}]}"#, "`nodes[0].connections` is `1"),
        (r#"{"nodes":[{"node":"a@h","load":1}]}"#, "`nodes[0].load` is `1`"),
        (r#"{"nodes":[{"node":"a b"}]}"#, "a node name such as"),
        (r#"{"version":7,"nodes":[{"node":"a@h"}]}"#, "`version` is `7`"),
        ("<html>Login</html>", "not a snapshot"),
        (&format!("{GOOD}{GOOD}"), "more than one JSON document"),
        (&format!("{GOOD}\n{GOOD}"), "more than one JSON document"),
    ] {
        refused(snapshot, &[], &[text]);
    }
}

#[test]
fn bad_nodes_are_named() {
    refused(GOOD, &["--nodes", "a@h,c@h"], &["no such node", "c@h", "a@h, b@h"]);
    refused(GOOD, &["--nodes", "a@h,a@h"], &["`nodes[1]` is `a@h`"]);
    refused(GOOD, &["--exclude", "c@h"], &["no such node", "c@h"]);
    refused(GOOD, &["--coordinator", "c@h"], &["no such node", "c@h"]);
    refused(GOOD, &["--mode", "best"], &["`mode` is `best`"]);
    refused(GOOD, &["--weights", "c@h=2"], &["no such node", "c@h"]);
}

#[test]
fn bad_options_of_level_plans_are_named() {
    for (flag, value, text) in [
        ("--reconnect-delay", "-1", "`reconnect_delay_s` is `-1`"),
        ("--reconnect-delay", "soon", "`reconnect_delay` is `soon`"),
        ("--max-reconnect-rate", "0", "`max_reconnect_rate` is `0`"),
        ("--max-cluster-reconnect-rate", "x", "`max_cluster_reconnect_rate` is `x`"),
        ("--max-unavailable", "0", "`max_unavailable` is `0`"),
        ("--max-unavailable", "-1", "-1"),
        ("--target-over", "2", "`target_over` is `2`"),
        ("--target-over", "NaN", "`target_over` is `NaN`"),
        ("--max-duration", "-5m", "`max_duration` is `-5m`"),
        ("--weights", "a@h", "`weights` is `a@h`"),
        ("--weights", "a@h=0", "`weights` is `a@h=0`"),
        ("--weights", "a@h=-1", "`weights` is `a@h=-1`"),
        ("--load-balancer", "magic", "`load_balancer` is `magic`"),
    ] {
        refused(GOOD, &["--mode", "level", flag, value], &[text]);
    }
}

#[test]
fn bad_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (name, text, found) in [
        ("unknown.yaml", "conn_evict_rat: 5", "`conn_evict_rat` is `5`"),
        ("twice.yaml", "wait_takeover: 5\nwait_takeover: 6", "wait_takeover"),
        ("list.yaml", "- 5", "expected an object"),
        ("broken.json", r#"{"wait_takeover": 5"#, "not a strategy"),
        ("two.json", r#"{"wait_takeover": 5}{"wait_takeover": 6}"#, "not a strategy"),
        ("two.yaml", "wait_takeover: 5\n---\nwait_takeover: 6", "not a strategy"),
        ("zero.yaml", "conn_evict_rate: 0", "`conn_evict_rate` is `0`"),
    ] {
        refused(GOOD, &["--strategy", &file(name, text)], &[found]);
    }
    refused(GOOD, &["--strategy", "/nowhere/strategy.yaml"], &["cannot read the file", "/nowhere"]);
    for option in ["--strategy", "--reconnect"] {
        refused(GOOD, &[option, "-"], &["cannot both come from standard input"]);
    }
    let said = run(&["plan", "--input", "/nowhere/snapshot.json"], "");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("/nowhere/snapshot.json"), "{}", said.err);
}

#[test]
fn bad_usage_ends_with_2() {
    for args in [
        &["plam"][..],
        &["plan", "--rate", "5"],
        &["evacuate", "start"],
        &["evacuate", "start", "a b"],
        &["demo", "--clients", "0"],
        &["demo", "--reconnect", "soon"],
        &["cluster", "--reconnect", "17h"],
        &["cluster", "--nodes", "0"],
        &["cluster", "--clients", "1,x"],
        &["cluster", "--clients", "1,2", "--nodes", "3"],
        &["cluster", "--personality", "3.1"],
        &["status", "--timeout", "0"],
    ] {
        let said = run(args, "");
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
        assert_eq!(said.out, "", "{args:?}");
        assert!(!said.err.is_empty());
    }
    let said = run(&["plan", "--rate", "5", "--output", "json"], "");
    assert_eq!(said.code, Some(2));
    assert_eq!(said.error()["kind"], "config_invalid");
    for (args, text) in [
        (&["evacuate", "start"][..], "not provided: <NODE>"),
        (&["start", "--report", "x"], "not provided: --wait"),
        (&["plan", "--output", "yaml"], "possible values: table, json"),
    ] {
        let said = run(&[args, &["--output", "json"]].concat(), "");
        assert_eq!(said.code, Some(2), "{args:?}");
        let error = said.error();
        assert!(error["message"].as_str().unwrap().contains(text), "{text} not in {error}");
    }
}

#[test]
fn bad_options_of_the_embedded_cluster_are_named() {
    for (args, texts) in [
        (["--personality", "7.0"], ["`personality` is `7.0`", "one of `4.4.12`"]),
        (["--load-balancer", "magic"], ["`load_balancer` is `magic`", "one of `round_robin`"]),
    ] {
        let said = run(&[&["cluster"], &args[..]].concat(), "");
        assert_eq!(said.code, Some(2), "{}", said.err);
        for text in texts {
            assert!(said.err.contains(text), "{text} not in {}", said.err);
        }
    }
}

#[test]
fn a_variable_that_is_empty_is_none() {
    let mut command = crate::command::binary(&["status", "--url", "http://127.0.0.1:1"]);
    command.env("EMQX_API_KEY", "").env("EMQX_USERNAME", "u");
    let said = finish(&mut command, "");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("set EMQX_PASSWORD"), "{}", said.err);
}

#[test]
fn without_a_cluster_the_text_says_how_to_name_one() {
    for args in [&["status"][..], &["plan"], &["stop"], &["start", "--yes"]] {
        let said = run(args, "");
        assert_eq!(said.code, Some(2), "{args:?}");
        assert!(said.err.contains("--url or EMQX_URL"), "{}", said.err);
    }
}

#[test]
fn half_a_login_is_refused_before_anything_is_sent() {
    for (args, text) in [
        (&["--api-key", "k"][..], "set EMQX_API_SECRET or give --api-secret-file"),
        (&["--username", "u"], "set EMQX_PASSWORD or give --password-file"),
        (&["--api-key", "k", "--username", "u"], "not both"),
        (&["--api-key", "k", "--api-secret-file", "/nowhere/key"], "/nowhere/key"),
        (&["--api-key", "k", "--username", "u"], "EMQX_API_KEY"),
        (&["--api-secret-file", "/nowhere/key"], "needs --api-key or EMQX_API_KEY"),
        (&["--username", "u", "--api-secret-file", "/nowhere/key"], "needs --api-key"),
        (&["--password-file", "/nowhere/key"], "needs --username or EMQX_USERNAME"),
        (&["--node-url", "emqx1"], "a node and its URL"),
    ] {
        let said = run(&[&["status", "--url", "http://127.0.0.1:1"], args].concat(), "");
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let mut command = crate::command::binary(&["status"]);
    let said = finish(command.env("EMQX_URL", "http://admin:s3cret@127.0.0.1:1"), "");
    assert_eq!(said.code, Some(2));
    assert!(!said.err.contains("s3cret"), "{}", said.err);
    let help = finish(crate::command::binary(&["--help"]).env("EMQX_API_KEY", "kkkk"), "");
    assert!(!help.out.contains("kkkk"));
}

#[test]
fn start_asks_nobody_where_there_is_no_terminal() {
    let said = run(&["start", "--url", "http://127.0.0.1:1"], "y\n");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("give --yes"), "{}", said.err);
    let said = run(&["evacuate", "start", "a@h", "--url", "http://127.0.0.1:1"], "y\n");
    assert_eq!(said.code, Some(2));
}
