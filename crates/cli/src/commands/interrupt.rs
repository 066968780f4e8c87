//! What ends a command that would go on: Ctrl-C, or SIGTERM from whatever runs it; and what has it read its file again.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for Ctrl-C and SIGTERM, which end nothing by themselves once this is there.
pub(crate) struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    /// `unreachable` if the system does not allow it.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one. Safe to drop and to call again.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for SIGHUP, which ends nothing by itself once this is there.
pub(crate) struct Hangup(Signal);

impl Hangup {
    /// Listens from now on.
    ///
    /// # Errors
    /// `unreachable` if the system does not allow it.
    pub(crate) fn new() -> Result<Self> {
        listen(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one. Safe to drop and to call again.
    pub(crate) async fn wait(&mut self) {
        self.0.recv().await;
    }
}

fn listen(kind: SignalKind) -> Result<Signal> {
    signal(kind).map_err(|error| {
        Error::new(ErrorKind::Unreachable, "cannot listen for signals").with("why", error)
    })
}
