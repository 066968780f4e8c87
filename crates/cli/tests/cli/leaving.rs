//! Commands that somebody leaves: by Ctrl-C, by a signal, by closing what reads them.

use crate::command::{Embedded, signalled};
use crate::journey::cluster;
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
