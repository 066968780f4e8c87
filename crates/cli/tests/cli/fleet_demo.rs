//! `fleet-demo`: three clusters grow, and each policy decides what it is there for.

use crate::command::{binary, finish, signalled};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn every_policy_of_the_fleet_demo_decides_and_ctrl_c_ends_it() {
    let mut command = binary(&["fleet-demo", "--for", "120"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut missing = BTreeSet::from([" eu started: ", " us proposed: ", " ap would_start: "]);
    for line in lines {
        missing.retain(|word| !line.contains(word));
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "it ended without {missing:?}");
    signalled(process.id(), "-INT");
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn the_fleet_demo_ends_by_itself_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary(&["fleet-demo", "--for", "3"]);
    let said = finish(command.env("TMPDIR", folder.path()), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    for text in ["eu: 3 nodes", "mode: propose", "At http://127.0.0.1:", "/api/v1/decisions"] {
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    for name in ["eu", "us", "ap"] {
        assert!(said.out.contains(&format!(" {name} ")), "{name} not in {}", said.out);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
