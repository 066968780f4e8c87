//! A swarm of real MQTT clients in a process of its own: a process may not open enough files for
//! both ends of ten thousand connections.

use crate::args::SwarmArgs;
use crate::exit::Exit;
use crate::program::Program;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_swarm::process::{self, ProcessOptions};
use emqx_rebalance_swarm::{Report, SwarmConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Runs the swarm until it is told to end.
///
/// # Errors
/// Bad input, and as [`process::run`].
pub(crate) async fn run(args: &SwarmArgs) -> Result<Exit> {
    let config: SwarmConfig = read("config", &args.config)?;
    let options: ProcessOptions = read("options", &args.options)?;
    process::run(config, &options, &mut std::io::stdout()).await?;
    Ok(Exit::Done)
}

fn read<T: DeserializeOwned>(name: &str, json: &str) -> Result<T> {
    serde_json::from_str(json)
        .map_err(|error| Error::new(ErrorKind::ConfigInvalid, format!("--{name}: {error}")))
}

/// A swarm in a child process, which ends with this value and with this process.
pub(crate) struct Swarm {
    child: Child,
    reports: watch::Receiver<Report>,
    _reader: JoinSet<()>,
}

impl Swarm {
    /// Starts `program` once more, as a swarm.
    ///
    /// # Errors
    /// `unreachable` if it cannot be started.
    pub(crate) fn start(program: &Program, config: &SwarmConfig) -> Result<Self> {
        let options = ProcessOptions {
            report_every_ms: Some(REPORT_MS),
            ends_with_stdin: true,
            ..ProcessOptions::default()
        };
        let spawn = || {
            program
                .command()?
                .args(["swarm", "--config", &json(config), "--options", &json(&options)])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                // Ctrl-C in a terminal is for this process, which then ends the swarm.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
        };
        let mut child = spawn().map_err(|error| cannot("cannot start the clients", &error))?;
        let out = child.stdout.take();
        let out = out.ok_or_else(|| cannot("cannot start the clients", &"no standard output"))?;
        let (sender, reports) = watch::channel(Report::default());
        let mut reader = JoinSet::new();
        // All the time: a swarm whose reports nobody takes would wait for a reader.
        reader.spawn(read_reports(out, sender));
        Ok(Self { child, reports, _reader: reader })
    }

    /// Waits for a report that is as wished, or the last one.
    ///
    /// # Errors
    /// `unreachable` if the swarm ended before.
    pub(crate) async fn until(&mut self, wish: impl Fn(&Report) -> bool) -> Result<Report> {
        let report = self.reports.wait_for(|report| report.is_final || wish(report)).await;
        report.map(|report| report.clone()).map_err(|_| {
            cannot("the process of the clients ended too early", &"see its message above")
        })
    }

    /// Ends the swarm and returns its last report.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub(crate) async fn end(mut self) -> Result<Report> {
        drop(self.child.stdin.take());
        let report = self.until(|_| false).await?;
        self.child.wait().await.map_err(|error| cannot("cannot end the clients", &error))?;
        Ok(report)
    }
}

async fn read_reports(out: ChildStdout, reports: watch::Sender<Report>) {
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(report) = serde_json::from_str(&line) {
            reports.send_replace(report);
        }
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap_or_default().to_string()
}

fn cannot(what: &str, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unreachable, what).with("why", why)
}

const REPORT_MS: u64 = 200;
