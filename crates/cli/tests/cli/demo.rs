//! `demo`: the main job from the first line to the verdict.

use crate::command::{binary, run};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn the_demo_ends_with_a_true_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    let args = ["demo", "--clients", "30", "--reconnect", "1s", "--yes", "--report"];
    let said = run(&[&args[..], &[report.to_str().unwrap()]].concat(), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let words = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "Three of them share 30 MQTT clients",
        "30 clients have connected",
        "waiting for load balancers to notice",
        "moving clients",
    ] {
        assert!(words.contains(text), "{text} not in {words}");
    }
    for text in [
        "gives clients (donor)",
        "clients back",
        "✔ completed",
        "predicted",
        "oo measured",
        "sessions kept: 30 of 30",
        "messages lost: 0 of ",
    ] {
        assert!(said.out.contains(text), "{text} not in {}", said.out);
    }
    let page = std::fs::read_to_string(&report).unwrap();
    for text in ["emqx4@127.0.0.1", "sessions kept", "30 of 30"] {
        assert!(page.contains(text), "{text} not in the page");
    }
    let path = report.to_str().unwrap();
    for line in said.out.lines().chain(said.err.lines().filter(|line| !line.contains(path))) {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}

#[test]
fn a_bad_profile_is_named_with_its_file_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.json");
    std::fs::write(&path, r#"{"points": [[1, 0], [0.5, 0.5]]}"#).unwrap();
    let path = path.to_str().unwrap();
    for command in ["demo", "cluster"] {
        let said = run(&[command, "--reconnect", path], "");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{command}");
        for text in ["`reconnect.points[1][0]` is `0.5`", path] {
            assert!(said.err.contains(text), "{text} not in {}", said.err);
        }
    }
}

#[test]
fn clients_that_do_not_fit_are_counted() {
    for args in [&["--clients", "9000000"][..], &["--clients", "30", "--counted"]] {
        let mut demo = binary(&["demo", "--yes"]);
        let demo = demo.args(args).stdin(Stdio::null()).stdout(Stdio::null());
        let mut demo = demo.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(demo.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.into_iter().any(|line| line.contains("only counted")), "{args:?}");
        demo.kill().unwrap();
        demo.wait().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_demo_leaves_no_process_behind() {
    let mut demo = binary(&["demo", "--clients", "30", "--yes"]);
    demo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut demo = demo.spawn().unwrap();
    let mut lines = BufReader::new(demo.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("have connected")));
    let id = demo.id();
    let mut children = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task")).unwrap() {
        let list = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap();
        children.extend(list.split_whitespace().map(str::to_owned));
    }
    assert_eq!(children.len(), 1, "the process of the clients");
    demo.kill().unwrap();
    demo.wait().unwrap();
    // It holds the other end of this pipe as long as it lives.
    assert_eq!(lines.find(|line| line.contains("error")), None);
    let swarm = format!("/proc/{}/cmdline", children[0]);
    let lives = std::fs::read_to_string(swarm).is_ok_and(|line| line.contains("--config"));
    assert!(!lives);
}
