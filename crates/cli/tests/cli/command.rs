//! Runs the binary and reads what it says.

use serde_json::Value;
use std::io::{BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// What a run of the binary said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e} in {}", self.out))
    }

    /// The error object on standard error.
    pub(crate) fn error(&self) -> Value {
        let error: Value =
            serde_json::from_str(&self.err).unwrap_or_else(|e| panic!("{e} in {}", self.err));
        error["error"].clone()
    }
}

/// The binary with none of the caller's settings.
pub(crate) fn binary(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emqx-rebalance"));
    for name in ["URL", "API_KEY", "API_SECRET", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("EMQX_{name}"));
    }
    command.env_remove("EMQX_REBALANCE_HISTORY").env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("NO_PROXY", "127.0.0.1").args(args);
    command
}

/// Runs the binary to its end, without a terminal.
pub(crate) fn run(args: &[&str], input: &str) -> Said {
    finish(&mut binary(args), input)
}

/// Runs `command` to its end.
pub(crate) fn finish(command: &mut Command, input: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may end without reading.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Sends `signal` to the process `id`.
pub(crate) fn signalled(id: u32, signal: &str) {
    let sent = Command::new("kill").args([signal, &id.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// An embedded cluster in a process of its own, which ends with this value.
pub(crate) struct Embedded {
    process: Child,
    _stdin: Option<ChildStdin>,
    /// All that it said of itself.
    pub(crate) access: Value,
    pub(crate) urls: Vec<String>,
    pub(crate) key: String,
    pub(crate) secret: String,
}

impl Embedded {
    /// `emqx-rebalance cluster` with `args`.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = binary(&["cluster", "--output", "json"]);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let access: Value =
            serde_json::Deserializer::from_reader(out).into_iter().next().unwrap().unwrap();
        let text = |name: &str| access[name].as_str().unwrap().to_owned();
        let urls = access["urls"].as_array().unwrap().iter();
        Self {
            _stdin: process.stdin.take(),
            process,
            urls: urls.map(|url| url.as_str().unwrap().to_owned()).collect(),
            key: text("api_key"),
            secret: text("api_secret"),
            access: access.clone(),
        }
    }

    /// The binary, pointed at this cluster by variables.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = binary(args);
        command
            .env("EMQX_URL", self.urls.join(","))
            .env("EMQX_API_KEY", &self.key)
            .env("EMQX_API_SECRET", &self.secret);
        command
    }

    /// Runs the binary against this cluster. No secret is ever said.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        let said = finish(&mut self.command(args), "");
        assert!(!said.out.contains(&self.secret) && !said.err.contains(&self.secret));
        said
    }

    /// The rebalances that the cluster shows.
    pub(crate) fn running(&self) -> usize {
        let said = self.run(&["status", "--output", "json"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.json()["runs"].as_array().unwrap().len()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
