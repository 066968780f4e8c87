//! Secrets are given in every way that there is, and are looked for in all that the command leaves
//! behind: what it says, what it writes, what it sends, and what others see of its process.

mod misplaced;
mod scene;

use crate::command::{binary, finish};
use crate::journey::SLOW;
use emqx_rebalance_testkit::canary::Canaries;
use scene::{Scene, Way};
use std::process::Stdio;

/// Many clients a second, over in a few.
const SWIFT: [&str; 8] = [
    "--conn-evict-rate",
    "50",
    "--abs-conn-threshold",
    "10",
    "--wait-health-check",
    "1s",
    "--wait-takeover",
    "1s",
];

/// Everything that asks a cluster, with `FOLDER` for where files are kept.
const ASKING: [&[&str]; 7] = [
    &["status"],
    &["plan", "--history", "FOLDER/history"],
    &["start", "--yes", "--wait", "--state", "FOLDER/again"],
    &["stop"],
    &["evacuate", "plan", "emqx1@127.0.0.1"],
    &["evacuate", "start", "emqx1@127.0.0.1", "--yes", "--wait"],
    &["evacuate", "stop", "emqx1@127.0.0.1"],
];

#[test]
fn a_rebalance_from_plan_to_history_leaves_no_secret_anywhere() {
    let scene = Scene::new();
    let start = ["start", "--yes", "--wait", "--reason", "a canary", "--state", "FOLDER/state"];
    let kept = ["--report", "FOLDER/report.html", "--history", "FOLDER/history"];
    let start = [&start[..], &kept, &SWIFT].concat();
    for args in [
        &["plan", "--history", "FOLDER/history"][..],
        &start,
        &["resume", "FOLDER/state"],
        &["history", "--history", "FOLDER/history"],
        &["status"],
    ] {
        let said = scene.run(Way::Key, args);
        assert_eq!(said.code, Some(0), "{args:?}: {}{}", said.out, said.err);
    }
    for file in ["state", "report.html", "history"] {
        assert!(scene.folder().join(file).exists(), "{file} is to be searched");
    }
    scene.search();
}

#[test]
fn who_asks_is_in_one_header_and_in_no_output_however_it_is_given() {
    let scene = Scene::new();
    for way in [Way::Key, Way::KeyInFile, Way::Login, Way::LoginInFile] {
        for args in [&["status"][..], &["plan"], &["evacuate", "plan", "emqx1@127.0.0.1"]] {
            for output in [&[][..], &["--output", "json"]] {
                let said = scene.run(way, &[args, output].concat());
                assert_eq!(said.code, Some(0), "{way:?} {args:?}: {}", said.err);
            }
        }
    }
    scene.search();
    let sent = scene.sent().concat();
    let found = Canaries::list().found_in(sent.as_bytes()).join(" ");
    assert_eq!(found, "api_secret password", "they were sent, or nothing was searched for");
}

#[test]
fn a_secret_that_is_refused_is_in_no_error() {
    let scene = Scene::with_other_accounts();
    for way in [Way::Key, Way::Login] {
        for args in ASKING {
            for output in [&[][..], &["--output", "json"]] {
                let said = scene.run(way, &[args, output].concat());
                assert_eq!(said.code, Some(3), "{way:?} {args:?}: {}{}", said.out, said.err);
            }
        }
    }
    scene.search();
}

/// A proxy that is set up badly says in its error what it was asked.
#[test]
fn a_server_that_repeats_what_it_was_asked_gets_no_secret_into_an_error() {
    let url = scene::parrot();
    let list = Canaries::list();
    for way in [Way::Key, Way::Login] {
        for args in ASKING {
            for output in [&[][..], &["--output", "json"]] {
                let scene = Scene::at(vec![url.clone()]);
                let said = scene.run(way, &[args, output].concat());
                assert_ne!(said.code, Some(0), "{way:?} {args:?}: {}", said.out);
                list.assert_none_in(&format!("{args:?}"), said.out + &said.err);
            }
        }
    }
}

#[test]
fn help_shows_no_variable() {
    let scene = Scene::at(vec!["http://127.0.0.1:1".to_owned()]);
    for args in ASKING.iter().copied().chain([&["resume"][..], &["history"], &["cluster"]]) {
        for way in [Way::Key, Way::Login] {
            let said = scene.run(way, &[args, &["--help"]].concat());
            assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
        }
    }
}

/// Every user of the machine can read the arguments of a process.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes_shows_no_secret() {
    let scene = Scene::new();
    let start = [&["start", "--yes", "--wait"][..], &SLOW].concat();
    for way in [Way::Key, Way::KeyInFile, Way::Login, Way::LoginInFile] {
        let mut command = scene.command(way, &start);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let begun = scene::wait_for(&mut child, "waiting for load balancers");
        let arguments = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(arguments.starts_with(b"/"), "{way:?}: {begun}");
        Canaries::list().assert_none_in("the list of processes", arguments);
        assert_eq!(scene.run(Way::Key, &["stop"]).code, Some(0));
    }
}

#[test]
fn a_flag_that_would_take_a_secret_is_refused_without_it() {
    let list = Canaries::list();
    for flag in ["--api-secret", "--password", "--token"] {
        let pair = format!("{flag}={}", list.secret("api_secret"));
        let said = finish(&mut binary(&["status", "--url", "http://127.0.0.1:1", &pair]), "");
        assert_eq!(said.code, Some(2), "{}", said.err);
        list.assert_none_in(flag, said.out + &said.err);
    }
}
