//! `start --state` and `resume`: whatever happens to the process, the verdict is the same.

use crate::command::{Embedded, finish};
use crate::journey::{QUICK, SLOW, cluster};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn history(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("history")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The binary on `cluster`, with a history and the state file as the last argument.
    pub(crate) fn command(&self, cluster: &Embedded, args: &[&str]) -> Command {
        let mut command = cluster.command(args);
        command.env("EMQX_REBALANCE_HISTORY", self.path("history")).arg(self.path("state"));
        command
    }
}

/// Runs `command` until it says `text`, and kills it as nothing can be done about.
pub(crate) fn killed_at(command: &mut Command, text: &str) {
    let mut child = until(command, text);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs `command` until it says `text`.
fn until(command: &mut Command, text: &str) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let is_said = lines.map(Result::unwrap).any(|line| {
        said.push(line);
        said.last().is_some_and(|line| line.contains(text))
    });
    assert!(is_said, "{text} not in {said:?}");
    child
}

fn stage(path: &Path) -> String {
    let state: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    state["stage"]["stage"].as_str().unwrap().to_owned()
}

#[test]
fn a_killed_start_is_resumed_to_the_verdict_it_would_have_had() {
    let (cluster, home) = (cluster(), Home::new());
    let args = ["start", "--yes", "--wait", "--reason", "scale-out 41"];
    let args = [&args[..], &QUICK[..], &["--state"]].concat();
    killed_at(&mut home.command(&cluster, &args), "moving clients");
    assert_eq!(stage(&home.path("state")), "following");
    assert_eq!(home.history(), [] as [Value; 0]);

    let again = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(again.code, Some(1), "{}", again.err);

    let said = finish(&mut home.command(&cluster, &["resume"]), "");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    for text in ["Going on with a plan of", "scale-out 41", "EMQX runs 1 of its 1 rebalance"] {
        let words = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(text), "{text} not in {}", said.err);
    }
    assert!(said.out.contains("✔ completed"), "{}", said.out);
    assert!(said.out.contains("predicted"), "{}", said.out);

    let said = finish(&mut home.command(&cluster, &["resume", "--output", "json"]), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.json()["outcome"]["result"], "completed");
    let history = home.history();
    assert_eq!(history.len(), 1, "a plan that has ended is recorded once");
    assert_eq!(history[0]["reason"], "scale-out 41");
    assert_eq!(history[0]["outcome"]["result"], "completed");
}

#[test]
fn a_detached_start_has_its_verdict_from_the_state() {
    let (cluster, home) = (cluster(), Home::new());
    let args = [&["start", "--yes"], &QUICK[..], &["--state"]].concat();
    let said = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("emqx-rebalance resume"), "{}", said.err);
    let args = ["resume", "--no-history"];
    let said = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("✔ completed"), "{}", said.out);
    assert_eq!(home.history(), [] as [Value; 0]);
}

#[test]
fn a_state_is_driven_by_one_process_and_never_lost_by_another_start() {
    let (cluster, home) = (cluster(), Home::new());
    let args = [&["start", "--yes", "--wait"], &SLOW[..], &["--state"]].concat();
    let mut child = until(&mut home.command(&cluster, &args), "waiting for load balancers");

    let said = finish(&mut home.command(&cluster, &["resume"]), "");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("another process"), "{}", said.err);
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(cluster.run(&["stop"]).code, Some(0));
    let said = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("not ended"), "{}", said.err);
    assert_eq!(cluster.running(), 0);

    let said = finish(&mut home.command(&cluster, &["resume", "--output", "json"]), "");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.json()["outcome"]["result"], "vanished");
    assert_eq!(said.err, "");
    assert_eq!(home.history().len(), 1);
}

#[test]
fn two_drivers_on_one_cluster_notice_each_other() {
    let (cluster, home) = (cluster(), Home::new());
    let args = [&["start", "--yes", "--wait"], &QUICK[..], &["--state"]].concat();
    let mut first = until(&mut home.command(&cluster, &args), "has begun");
    let args = [&["start", "--yes", "--wait", "--force", "--output", "json"], &QUICK[..]].concat();
    let second = cluster.run(&args);
    assert_eq!(second.code, Some(1), "{}", second.err);
    let outcome = &second.json()["outcome"];
    assert_eq!(outcome["result"], "refused");
    assert!(outcome["detail"].as_str().unwrap().contains("running already"), "{outcome}");
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn states_of_other_clusters_and_other_files_are_refused() {
    let (cluster, home) = (cluster(), Home::new());
    let args = [&["start", "--yes"], &SLOW[..], &["--state"]].concat();
    assert_eq!(finish(&mut home.command(&cluster, &args), "").code, Some(0));
    let text = std::fs::read_to_string(home.path("state")).unwrap();
    std::fs::write(home.path("state"), text.replace("@127.0.0.1", "@10.0.0.1")).unwrap();
    let said = finish(&mut home.command(&cluster, &["resume"]), "");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("another cluster"), "{}", said.err);

    std::fs::write(home.path("state"), "no state").unwrap();
    for args in [&args[..], &["resume"]] {
        let said = finish(&mut home.command(&cluster, args), "");
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("a stored state"), "{}", said.err);
    }
}

/// What stands where the lock belongs is somebody else's: it keeps its bytes, and is not followed.
#[cfg(unix)]
#[test]
fn a_lock_truncates_nothing_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let (state, precious) = (folder.path().join("s.json"), folder.path().join("precious"));
    std::fs::write(&precious, "mine").unwrap();
    let lock = folder.path().join("s.json.lock");
    let start = ["start", "--yes", "--wait", "--url", "http://127.0.0.1:1", "--state"];
    let args = [&start[..], &[state.to_str().unwrap()]].concat();
    std::os::unix::fs::symlink(&precious, &lock).unwrap();
    let said = crate::command::run(&args, "");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "mine");
    std::fs::remove_file(&lock).unwrap();
    std::fs::write(&lock, "notes").unwrap();
    let _ = crate::command::run(&args, "");
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "notes");
}
