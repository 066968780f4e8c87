//! A swarm as a program of its own.
//!
//! A process may open so many files that a cluster and its clients do not both fit into one, so
//! the swarm runs in a process beside it. Its parent reads lines of JSON from its standard output,
//! and ends it by closing its standard input, which also happens if the parent dies.

use crate::config::SwarmConfig;
use crate::report::Report;
use crate::swarm::Swarm;
use emqx_rebalance_core::Result;
#[cfg(unix)]
use emqx_rebalance_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use std::future::pending;
use std::io::{Read, Write};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// When a swarm reports and ends.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessOptions {
    /// Milliseconds between two reports. Default: only the last.
    pub report_every_ms: Option<u64>,
    /// Milliseconds until it ends. Default: it ends when it is told to.
    pub duration_ms: Option<u64>,
    /// Whether the end of the standard input is the end of the swarm. For a program that is
    /// started by another. Default no, since in the background it is closed from the start.
    pub ends_with_stdin: bool,
}

/// Runs a swarm until its time is up, until SIGTERM or Ctrl-C, or until its parent is gone. Each
/// report is a line of JSON on `out`; the last has `"final": true`.
///
/// # Errors
/// As [`Swarm::start`]; `unreachable` if signals cannot be received.
pub async fn run(
    config: SwarmConfig,
    options: &ProcessOptions,
    out: &mut (impl Write + Send),
) -> Result<Report> {
    let told = told_to_end()?;
    let swarm = Swarm::start(config).await?;
    tokio::select! {
        () = told => {}
        () = time(options.duration_ms) => {}
        () = stdin_closed(options.ends_with_stdin) => {}
        () = report(&swarm, options.report_every_ms, out) => {}
    }
    let last = swarm.stop().await;
    // Nobody reads any more: there is nobody to tell, either.
    _ = write(out, &last);
    Ok(last)
}

/// Writes reports until nobody reads them any more.
async fn report(swarm: &Swarm, every_ms: Option<u64>, out: &mut impl Write) {
    let Some(every_ms) = every_ms else { return pending().await };
    let mut ticks = interval(Duration::from_millis(every_ms.max(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if write(out, &swarm.report()).is_err() {
            return;
        }
    }
}

fn write(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

async fn time(duration_ms: Option<u64>) {
    match duration_ms {
        Some(ms) => sleep(Duration::from_millis(ms)).await,
        None => pending().await,
    }
}

/// Waits until the standard input ends. A thread of its own waits for it: the runtime's would keep
/// the process from ending for another reason.
async fn stdin_closed(is_watched: bool) {
    if !is_watched {
        return pending().await;
    }
    let (sender, closed) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let (mut input, mut ignored) = (std::io::stdin().lock(), [0; 256]);
        while input.read(&mut ignored).is_ok_and(|len| len > 0) {}
        drop(sender);
    });
    // The sender never sends: its end is the message.
    _ = closed.await;
}

/// Waits for SIGTERM or Ctrl-C, which are received from the call on.
#[cfg(unix)]
fn told_to_end() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| no_signals(&error))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| no_signals(&error))?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_end() -> Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    })
}

#[cfg(unix)]
fn no_signals(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unreachable, "cannot receive signals").with("reason", error)
}
