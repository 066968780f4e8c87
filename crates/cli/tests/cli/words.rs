//! What people read where names are long, text is hostile and others interfere.

use crate::command::{Embedded, binary, finish, run};
use crate::journey::{QUICK, SLOW, cluster};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::thread;

/// Three nodes as Kubernetes names them, one of them full.
fn pods() -> String {
    let node = |n: u8, connections: u32| {
        format!(
            r#"{{"node":"emqx@emqx-core-778db64d58-{n}.emqx-headless.default.svc.cluster.local",
                 "connections":{connections}}}"#
        )
    };
    format!(r#"{{"nodes":[{},{},{}]}}"#, node(0, 9000), node(1, 0), node(2, 0))
}

#[test]
fn long_names_keep_the_part_that_differs() {
    for (mode, names) in [
        ("single", ["emqx-core-778db64d58-0", "emqx-core-778db64d58-1"]),
        ("level", ["emqx-core…8db64d58-0", "emqx-core…8db64d58-1"]),
    ] {
        let said = run(&["plan", "--input", "-", "--mode", mode], &pods());
        assert_eq!(said.code, Some(0), "{}", said.err);
        for name in names {
            let is_row = |line: &str| line.starts_with(&format!(" {name} "));
            assert!(said.out.lines().any(is_row), "{name}: {}", said.out);
        }
        let whole =
            format!("{} is emqx@emqx-core-778db64d58-0.emqx-headless.default.svc", names[0]);
        assert!(said.out.contains(&whole), "commands take whole names: {}", said.out);
    }
}

#[test]
fn names_and_texts_that_could_steer_a_terminal_are_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x\u{202e}\u{1b}[2J.json");
    fs::write(&file, r#"{"nodes":[{"node":"emqx@\u202eevil","connections":1}]}"#).unwrap();
    let said = run(&["plan", "--input", file.to_str().unwrap()], "");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains(r"emqx@\u{202e}evil"), "{}", said.err);
    assert!(!said.err.contains(['\u{202e}', '\u{1b}']), "{}", said.err);
}

#[test]
fn a_password_in_a_node_url_is_not_repeated() {
    for pair in
        ["emqx@h=http://me:hunter2@h:18083", "emqx h=http://me:hunter2@h:18083", "me:hunter2@h"]
    {
        let said = run(&["status", "--url", "http://127.0.0.1:1", "--node-url", pair], "");
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(!said.err.contains("hunter2"), "{}", said.err);
    }
}

#[cfg(unix)]
#[test]
fn files_without_an_end_are_not_read() {
    for args in [&["plan", "--input"][..], &["resume"], &["history", "--history"]] {
        let said = run(&[args, &["/dev/zero"]].concat(), "");
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
        assert!(said.err.contains("a device"), "{args:?}: {}", said.err);
    }
}

#[test]
fn an_edition_that_cannot_rebalance_is_named() {
    let community = Embedded::start(&["--nodes", "2", "--personality", "5.8-community"]);
    for args in
        [&["status"][..], &["plan"], &["start", "--yes"], &["evacuate", "status"], &["stop"]]
    {
        let said = community.run(args);
        assert_eq!(said.code, Some(3), "{args:?}: {}", said.err);
        let words = "this is EMQX 5.8.8 (Opensource), which cannot rebalance";
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
        assert!(!said.err.contains("hint"), "{args:?}: {}", said.err);
    }
}

#[test]
fn a_stop_from_another_shell_is_named_by_who_followed() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let history = folder.path().join("history.jsonl");
    let command = |args: &[&str], user: &str| {
        let mut command = cluster.command(args);
        command.env("EMQX_REBALANCE_HISTORY", &history).env("USER", user);
        command
    };
    let start = [&["start", "--yes", "--wait"], &SLOW[..]].concat();
    thread::scope(|scope| {
        let follower = scope.spawn(|| finish(&mut command(&start, "alice"), ""));
        while cluster.running() == 0 {
            thread::yield_now();
        }
        let stopped = finish(&mut command(&["stop"], "bob"), "");
        assert!(stopped.out.contains("Stopped the rebalance of"), "{}{}", stopped.out, stopped.err);
        let said = follower.join().unwrap();
        assert_eq!(said.code, Some(1), "{}", said.out);
        assert!(said.out.contains("vanished") && said.out.contains("bob@"), "{}", said.out);
    });
    let mut listed = binary(&["history", "--output", "json", "--history"]);
    let listed = finish(listed.arg(&history), "").json();
    let detail = listed["records"][0]["outcome"]["detail"].as_str().unwrap();
    assert!(detail.contains("bob@"), "{detail}");
}

/// The first line of what the command sends to its proxy, on the way to `url`; `None` if it goes
/// there itself.
fn sent_to_proxy(url: &str) -> Option<String> {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut status = binary(&["status", "--timeout", "5", "--url", url]);
    let status = status.env("HTTP_PROXY", &address).env("http_proxy", &address);
    let status = status.env_remove("NO_PROXY").env_remove("no_proxy");
    thread::scope(|scope| {
        let command = scope.spawn(|| finish(status, ""));
        proxy.set_nonblocking(true).unwrap();
        let taken = loop {
            match proxy.accept() {
                Ok((stream, _)) => break Some(stream),
                Err(_) if command.is_finished() => break None,
                Err(_) => thread::yield_now(),
            }
        };
        let stream = taken?;
        stream.set_nonblocking(false).unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        drop((stream, proxy));
        assert_eq!(command.join().unwrap().code, Some(3));
        Some(line)
    })
}

#[test]
fn a_proxy_carries_what_is_not_for_this_machine() {
    let line = sent_to_proxy("http://emqx.invalid:18083").unwrap();
    assert!(line.starts_with("GET http://emqx.invalid:18083/"), "{line}");
    assert_eq!(sent_to_proxy("http://127.0.0.1:1"), None);
    assert_eq!(sent_to_proxy("http://localhost:1"), None);
}

#[test]
fn what_a_record_kept_can_be_drawn_again() {
    let (cluster, folder) = (cluster(), tempfile::tempdir().unwrap());
    let history = folder.path().join("history.jsonl");
    let mut start = cluster.command(&[&["start", "--yes", "--wait"], &QUICK[..]].concat());
    assert_eq!(finish(start.arg("--history").arg(&history), "").code, Some(0));
    let record: serde_json::Value =
        serde_json::from_str(fs::read_to_string(&history).unwrap().trim()).unwrap();
    let curve = &record["plan"]["forecast"]["curve"];
    assert!(curve["times_s"].as_array().unwrap().len() >= 2, "{curve}");
    assert_eq!(curve["nodes"].as_array().unwrap().len(), 3);
}

#[test]
fn a_node_that_does_not_answer_has_no_numbers() {
    let nodes = r#"{"nodes":[{"node":"a@h","connections":900},{"node":"b@h"},
                             {"node":"c@h","connections":70,"status":"unknown"}]}"#;
    let said =
        run(&["plan", "--input", "-", "--exclude", "c@h", "--abs-conn-threshold", "10"], nodes);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let row = said.out.lines().find(|line| line.starts_with(" c@h")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["c@h", "?", "?", "?", "does", "not", "answer"], "{}", said.out);
    assert!(said.out.contains("of 900 clients"), "{}", said.out);
}
