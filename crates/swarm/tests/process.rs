//! A swarm as a program of its own.
#![cfg(test)]
#![cfg(unix)]

use emqx_rebalance_swarm::process::ProcessOptions;
use emqx_rebalance_swarm::{Report, SwarmConfig};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use tokio::net::TcpListener;

struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(config: &SwarmConfig, options: &ProcessOptions) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_emqx-rebalance-swarm"))
            .arg(serde_json::to_string(config).unwrap())
            .arg(serde_json::to_string(options).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn report(&mut self) -> Option<Report> {
        let line = self.lines.next()?.unwrap();
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Reads to the last report and waits for the end of the process.
    fn end(mut self) -> Report {
        let last = std::iter::from_fn(|| self.report()).last().unwrap();
        assert!(self.child.wait().unwrap().success());
        assert!(last.is_final);
        last
    }
}

/// A listener that nobody answers on: connections open, and no CONNACK ever comes.
async fn silence() -> (TcpListener, SwarmConfig) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let targets = vec![listener.local_addr().unwrap().to_string()];
    let config = SwarmConfig { clients: 3, targets, ..SwarmConfig::default() };
    (listener, config)
}

#[tokio::test]
async fn it_ends_when_its_parent_closes_the_pipe() {
    let (_listener, config) = silence().await;
    let options =
        ProcessOptions { ends_with_stdin: true, report_every_ms: Some(10), ..Default::default() };
    let mut program = Program::start(&config, &options);
    let first = program.report().unwrap();
    assert!(!first.is_final && program.report().unwrap().elapsed_ms >= first.elapsed_ms);
    drop(program.child.stdin.take());
    assert_eq!(program.end().clients, 3);
}

#[tokio::test]
async fn it_ends_on_sigterm() {
    let (_listener, config) = silence().await;
    let options = ProcessOptions { report_every_ms: Some(10), ..Default::default() };
    let mut program = Program::start(&config, &options);
    program.report().unwrap();
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    program.end();
}

#[tokio::test]
async fn it_ends_when_nobody_reads_it_any_more() {
    let (_listener, config) = silence().await;
    let options = ProcessOptions { report_every_ms: Some(1), ..Default::default() };
    let mut program = Program::start(&config, &options);
    program.report().unwrap();
    let Program { mut child, lines } = program;
    drop(lines);
    child.wait().unwrap();
}

#[tokio::test]
async fn it_ends_when_its_time_is_up() {
    let (_listener, config) = silence().await;
    let options = ProcessOptions { duration_ms: Some(50), ..Default::default() };
    let last = Program::start(&config, &options).end();
    assert!(last.elapsed_ms >= 50 && last.connected == 0);
}
