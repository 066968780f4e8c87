//! `watch`: what its file says, and that a process that is killed is followed by another.

use crate::command::{Embedded, Said, binary, finish, run, signalled};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The file of a fleet of one cluster, whose plan takes some ten seconds.
fn file(folder: &Path, cluster: &Embedded, mode: &str) -> String {
    let path = folder.join("fleet.yaml");
    let text = format!(
        "store: {store}\nclusters:\n  - name: eu\n    urls: [{urls}]\n    api_key: {key}\n    api_secret_env: EU_SECRET\n    \
         poll_interval_s: 1\n    policy: {{mode: {mode}, imbalance_for_s: 0, node_settle_s: 0}}\n    \
         plan: {{conn_evict_rate: 20, wait_health_check: 1, wait_takeover: 1, pilot: 'off'}}\n    \
         driver: {{poll_interval_ms: 200, settle_s: 10}}\n",
        store = folder.join("fleet.db").display(),
        urls = cluster.urls.join(", "),
        key = cluster.key,
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn watch(file: &str, cluster: &Embedded) -> Command {
    let mut command = binary(&["watch", "--config", file]);
    command.env("EU_SECRET", &cluster.secret);
    command
}

/// Begins to watch, and reads until a line has `word`.
fn until(file: &str, cluster: &Embedded, word: &str) -> (Child, String) {
    let mut command = watch(file, cluster);
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let found = lines.map(Result::unwrap).find(|line| line.contains(word));
    (process, found.unwrap_or_else(|| panic!("it ended without {word}")))
}

fn checked(file: &str, cluster: &Embedded) -> Said {
    finish(watch(file, cluster).args(["--check"]), "")
}

/// One that listens, where, and what it says from then on.
fn listening(
    file: &str,
    cluster: &Embedded,
) -> (Child, String, impl Iterator<Item = String> + use<>) {
    let mut command = watch(file, cluster);
    command.env("ANN", TOKEN).stdin(Stdio::null());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let at = told
        .filter_map(|line| Some(line.split_once(", at http://")?.1.split_once(',')?.0.to_owned()));
    let at = { at }.next().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    (process, at, lines)
}

/// What is answered to `request`, as JSON.
fn asked(at: &str, request: &str, body: &str) -> Value {
    let mut socket = TcpStream::connect(at).unwrap();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn killed_while_a_proposal_waits_it_waits_in_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Embedded::start(&["--clients", "300,300,0"]);
    let file = file(folder.path(), &cluster, "propose");
    let tokens = "listen: 127.0.0.1:0\ntokens: [{name: ann, role: approver, token_env: ANN}]\n";
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{tokens}{text}")).unwrap();
    let (mut first, _, mut lines) = listening(&file, &cluster);
    lines.find(|line| line.contains(" eu proposed: ")).unwrap();
    signalled(first.id(), "-KILL");
    first.wait().unwrap();
    let (mut next, at, mut lines) = listening(&file, &cluster);
    let proposal = loop {
        let shown = asked(&at, "GET /api/v1/clusters/eu", "");
        if shown["proposal"].is_object() {
            break shown["proposal"].clone();
        }
    };
    let choice = json!({"id": proposal["id"], "fingerprint": proposal["fingerprint"]}).to_string();
    let approved = asked(&at, "POST /api/v1/clusters/eu/approve", &choice);
    assert_eq!(approved["reason"], "approved", "{approved}");
    lines.find(|line| line.contains(" eu verdict: ")).unwrap();
    signalled(next.id(), "-TERM");
    assert!(next.wait().unwrap().success());
}

#[test]
fn killed_while_a_run_is_on_it_is_followed_by_another_to_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Embedded::start(&["--clients", "300,300,0"]);
    let file = file(folder.path(), &cluster, "auto");
    let (mut first, line) = until(&file, &cluster, " eu started: ");
    assert!(line.contains("over the mean instead of 50 %"), "{line}");
    while cluster.running() == 0 {}
    let second = finish(&mut watch(&file, &cluster), "");
    assert_eq!(second.code, Some(1), "{}", second.err);
    assert!(second.err.contains("another process uses this store"), "{}", second.err);
    assert!(second.err.contains(&first.id().to_string()), "it says which: {}", second.err);
    signalled(first.id(), "-KILL");
    first.wait().unwrap();
    let (mut next, line) = until(&file, &cluster, " eu verdict: ");
    signalled(next.id(), "-TERM");
    assert_eq!(next.wait().unwrap().code(), Some(0));
    assert!(!line.contains(&cluster.secret));
    assert_eq!(cluster.running(), 0);
}

#[test]
fn its_file_is_read_again_in_the_midst_of_a_run_and_a_bad_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, other) =
        (Embedded::start(&["--clients", "300,300,0"]), Embedded::start(&["--clients", "3,3"]));
    let file = file(folder.path(), &cluster, "auto");
    let good = fs::read_to_string(&file).unwrap();
    let mut command = watch(&file, &cluster);
    command.env("OTHER_SECRET", &other.secret).stdin(Stdio::null());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until_told = |part: &str| told.find(|line| line.contains(part)).unwrap();
    until_told("Looking after 1 cluster,");
    lines.find(|line| line.contains(" eu started: ")).unwrap();
    while cluster.running() == 0 {}

    let reload = |text: &str| {
        fs::write(&file, text).unwrap();
        signalled(process.id(), "-HUP");
    };
    reload(&good.replace("mode: auto", "mode: car"));
    until_told("`clusters[0].policy.mode` is `car`");
    until_told("nothing has changed");
    reload(&good.replace("fleet.db", "another.db"));
    until_told("`store` is");
    let name = other.urls[0].replace("127.0.0.1", "localhost");
    let us = format!(
        "  - {{name: us, url: \"{name}\", api_key: {}, api_secret_env: OTHER_SECRET, distinct: true, poll_interval_s: 1}}\n",
        other.key
    );
    reload(&(good + &us));
    until_told("Looking after 2 clusters,");
    let mut seen = Vec::new();
    while !seen.iter().any(|line: &String| line.contains(" eu verdict: ")) {
        seen.extend(lines.next());
    }
    assert!(seen.iter().any(|line| line.contains(" us ")), "{seen:?}");
    assert!(!seen.iter().any(|line| line.contains(" eu started: ")), "one start: {seen:?}");
    signalled(process.id(), "-TERM");
    assert!(process.wait().unwrap().success());
    assert_eq!(cluster.running(), 0);
}

#[test]
fn its_file_is_checked_as_a_whole_and_described_for_editors() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Embedded::start(&["--clients", "3,0"]);
    let good = file(folder.path(), &cluster, "observe");
    let said = checked(&good, &cluster);
    assert_eq!((said.code, said.out.trim_end()), (Some(0), format!("{good} is good: eu").as_str()));
    // The file that packages bring, once its secret is where it says.
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/systemd/fleet.yaml");
    let secret = folder.path().join("eu");
    fs::write(&secret, "a secret").unwrap();
    let given = "/run/credentials/emqx-rebalance-watch.service/eu";
    let text = fs::read_to_string(example).unwrap().replace(given, secret.to_str().unwrap());
    fs::write(&good, text).unwrap();
    assert_eq!(checked(&good, &cluster).code, Some(0), "{}", checked(&good, &cluster).err);
    let bad = file(folder.path(), &cluster, "car");
    let said = checked(&bad, &cluster);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("`clusters[0].policy.mode` is `car`"), "{}", said.err);
    assert!(said.err.contains("(line 8)"), "{}", said.err);
    let said = run(&["watch", "--schema"], "");
    assert_eq!(said.json()["properties"]["clusters"]["type"], "array");
    assert_eq!(run(&["watch"], "").code, Some(2));
}

const TOKEN: &str = "the-token-of-ann-alone";
