//! Commands that somebody leaves: by Ctrl-C, by a signal, by closing what reads them.

use crate::command::{Embedded, signalled};
use crate::journey::{SLOW, cluster};
use crate::relay::Relay;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How `child` ends, which must be soon, and what it said on standard error.
fn end(mut child: Child) -> (ExitStatus, String) {
    let (id, (sender, ended)) = (child.id(), channel());
    let mut err = child.stderr.take().unwrap();
    thread::spawn(move || {
        let mut said = String::new();
        err.read_to_string(&mut said).unwrap();
        sender.send((child.wait().unwrap(), said)).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|error| {
        signalled(id, "-KILL");
        panic!("it goes on: {error}")
    })
}

/// `command` against `relay` alone, which waits long for an answer.
fn through(relay: &Relay, cluster: &Embedded, args: &[&str]) -> Command {
    let mut command = cluster.command(args);
    command.env("EMQX_URL", &relay.url).args(["--timeout", "3600"]);
    command
}

#[test]
fn watching_ends_with_its_reader() {
    let cluster = cluster();
    for format in ["table", "json"] {
        let mut child = spawn(&mut cluster.command(&["status", "--watch", "--output", format]));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().is_ok());
        drop(lines);
        let (status, said) = end(child);
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn watching_ends_at_once_though_a_node_hangs() {
    let cluster = cluster();
    for signal in ["-INT", "-TERM"] {
        let relay = Relay::new(&cluster);
        let args = ["status", "--watch", "--output", "json"];
        let mut child = spawn(&mut through(&relay, &cluster, &args));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().is_ok());
        relay.keep("GET", 0);
        let _kept = relay.wait();
        signalled(child.id(), signal);
        let (status, said) = end(child);
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{signal}");
    }
}

#[test]
fn nothing_is_said_to_go_on_before_the_start_is_sent() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let relay = Relay::new(&cluster);
    let state = folder.path().join("state");
    let args = ["start", "--yes", "--wait", "--state", state.to_str().unwrap()];
    // The first one is for the plan, the second one is the driver's.
    relay.keep("GET /api/v5/load_rebalance/global_status", 1);
    let child = spawn(&mut through(&relay, &cluster, &[&args[..], &SLOW[..]].concat()));
    let _kept = relay.wait();
    signalled(child.id(), "-INT");
    let (status, said) = end(child);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("Nothing was started"), "{said}");
    assert!(!said.contains("goes on by itself"), "{said}");
    assert!(said.contains("emqx-rebalance resume"), "{said}");
    assert_eq!(cluster.running(), 0);
}

#[test]
fn a_start_without_an_answer_is_said_to_be_in_doubt() {
    let cluster = cluster();
    let relay = Relay::new(&cluster);
    let args = [&["start", "--yes", "--wait"], &SLOW[..]].concat();
    relay.keep("POST", 0);
    let child = spawn(&mut through(&relay, &cluster, &args));
    let _kept = relay.wait();
    signalled(child.id(), "-TERM");
    let (status, said) = end(child);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("not known whether EMQX has begun"), "{said}");
    assert!(said.contains("emqx-rebalance status"), "{said}");
}

#[test]
fn an_evacuation_without_an_answer_is_said_to_be_in_doubt() {
    let cluster = cluster();
    let relay = Relay::new(&cluster);
    let args = ["evacuate", "start", "--yes", "--wait", "emqx1@127.0.0.1"];
    relay.keep("POST", 0);
    let child = spawn(&mut through(&relay, &cluster, &args));
    let _kept = relay.wait();
    signalled(child.id(), "-INT");
    let (status, said) = end(child);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("not known whether EMQX has begun"), "{said}");
    assert!(said.contains("emqx-rebalance evacuate stop emqx1@127.0.0.1"), "{said}");
}

/// Starts with `args` and a state file in a folder that goes away once EMQX runs.
fn without_folder(cluster: &Embedded, args: &[&str]) -> (ExitStatus, String) {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut child = spawn(cluster.command(args).arg("--state").arg(&state));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("waiting for load balancers")));
    folder.close().unwrap();
    let rest: Vec<_> = lines.collect();
    (child.wait().unwrap(), rest.join("\n"))
}

#[test]
fn a_state_that_cannot_be_kept_any_more_is_not_said_to_have_started_nothing() {
    let cluster = cluster();
    let start = [&["start", "--yes", "--wait"], &SLOW[..]].concat();
    let (status, said) = without_folder(&cluster, &start);
    assert_eq!(status.code(), Some(1), "{said}");
    for text in ["`state` is", "goes on by itself", "emqx-rebalance stop"] {
        assert!(said.contains(text), "{text} not in {said}");
    }
    assert_eq!(cluster.run(&["stop"]).code, Some(0));
    let start = ["evacuate", "start", "--yes", "--wait", "emqx1@127.0.0.1"];
    let (status, said) = without_folder(&cluster, &start);
    assert_eq!(status.code(), Some(1), "{said}");
    for text in ["`state` is", "goes on by itself", "evacuate stop emqx1@127.0.0.1"] {
        assert!(said.contains(text), "{text} not in {said}");
    }
}

#[test]
fn a_page_holds_what_was_seen_before_somebody_left() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let report = folder.path().join("report.html");
    let args = ["start", "--yes", "--wait", "--report", report.to_str().unwrap()];
    let mut child = spawn(&mut cluster.command(&[&args[..], &SLOW[..]].concat()));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("waiting for load balancers")));
    signalled(child.id(), "-INT");
    let rest: Vec<_> = lines.collect();
    child.wait().unwrap();
    assert!(rest.iter().any(|line| line.contains("The report is in")), "{rest:?}");
    let page = std::fs::read_to_string(&report).unwrap();
    for text in ["Rebalance of 3 nodes", "class=\"verdict fair\""] {
        assert!(page.contains(text), "{text} not in the page");
    }
}

/// 2 means that nothing was started.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_does_not_say_that_nothing_was_started() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    let quick = ["--wait-health-check", "1s", "--wait-takeover", "1s", "--output", "json"];
    let full = |args: &[&str]| {
        let mut command = cluster.command(&[args, &quick[..]].concat());
        command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        end(child)
    };
    for args in [
        &["start", "--yes", "--wait", "--report", report.to_str().unwrap()][..],
        &["start", "--yes", "--abs-conn-threshold", "10", "--conn-evict-rate", "5"],
        &["evacuate", "start", "--yes", "emqx1@127.0.0.1"],
        &["evacuate", "start", "--yes", "--wait", "emqx1@127.0.0.1"],
    ] {
        let (status, said) = full(args);
        assert_eq!(status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("cannot write the result"), "{args:?}: {said}");
        cluster.run(&["stop"]);
        cluster.run(&["evacuate", "stop", "emqx1@127.0.0.1"]);
    }
    assert!(report.exists(), "the page needs no standard output");
}
