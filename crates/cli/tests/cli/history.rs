//! `history`: what has ended.

use crate::command::{binary, finish};
use crate::journey::{QUICK, cluster};
use std::fs;

#[test]
fn every_rebalance_that_ends_is_remembered() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let file = folder.path().join("new/history.jsonl");
    let start = |more: &[&str]| {
        let args = [&["start", "--yes", "--wait"], &QUICK[..], more].concat();
        let mut command = cluster.command(&args);
        let command = command.env("EMQX_REBALANCE_HISTORY", &file).env("USER", "alice");
        assert_eq!(finish(command, "").code, Some(0));
    };
    start(&["--reason", "ticket \u{1b}[31m7"]);
    start(&[]);
    start(&["--no-history"]);

    let history = |args: &[&str]| {
        let mut command =
            binary(&[&["history", "--history", file.to_str().unwrap()], args].concat());
        finish(command.env("TZ", "UTC"), "")
    };
    let said = history(&[]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines.len(), 6, "{}", said.out);
    assert!(lines[2].contains("already balanced"), "the newest first: {}", said.out);
    assert!(lines[4].contains("completed"), "{}", said.out);
    assert!(lines[5].contains("100 clients moved, single on 3 nodes; alice@"), "{}", said.out);
    assert!(lines[5].contains(r": ticket \u{1b}[31m7"), "{}", said.out);
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", said.out);

    let json = history(&["--limit", "1", "--output", "json"]).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["records"].as_array().unwrap().len(), 1);
    assert_eq!(json["records"][0]["outcome"]["result"], "already_balanced");

    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}half a li")).unwrap();
    let said = history(&[]);
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("1 lines") && said.out.contains("completed"), "{}", said.err);
}

#[test]
fn a_history_that_cannot_be_written_fails_nothing() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let mut command = cluster.command(&[&["start", "--yes", "--wait"], &QUICK[..]].concat());
    let said = finish(command.arg("--history").arg(folder.path()), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("warning: no record is kept"), "{}", said.err);
    assert!(said.out.contains("✔ completed"), "{}", said.out);
}

#[test]
fn no_history_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let said = finish(binary(&["history"]).env("XDG_STATE_HOME", folder.path()), "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("No rebalance has ended"), "{}", said.out);
}
