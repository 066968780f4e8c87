//! The background thread: made when first needed, once for each process.
//!
//! A child of `fork` has the memory of its parent and none of its threads, so whatever waits for them
//! waits for ever. nginx forks its workers after `init_by_lua`: each makes a thread of its own, and what
//! belongs to the parent's is neither waited for nor dropped, since a lock in it may be held for ever.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use nix::sys::signal::SigSet;
use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Held only by threads of the host, and only while a thread is made: a process that forks in between
/// from another thread is beyond help.
static CURRENT: Mutex<Option<&'static Process>> = Mutex::new(None);

/// What belongs to one process of the operating system.
#[derive(Debug)]
pub(super) struct Process {
    id: u32,
    /// Starts work on the background thread.
    pub(super) handle: Handle,
}

impl Process {
    /// That of the process which runs now.
    ///
    /// # Errors
    /// `unreachable` if there can be no more threads.
    pub(super) fn current() -> Result<&'static Self> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = current.filter(|process| process.is_here()) {
            return Ok(process);
        }
        let handle = spawn().map_err(|error| {
            Error::new(ErrorKind::Unreachable, "cannot start a thread").with("why", error)
        })?;
        let process = Self { id: std::process::id(), handle };
        // For ever: the host may hold work of it at any time.
        let process: &'static Self = Box::leak(Box::new(process));
        *current = Some(process);
        Ok(process)
    }

    /// Whether it is the process that runs now, not its parent.
    fn is_here(&self) -> bool {
        self.id == std::process::id()
    }
}

fn spawn() -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread()
        .thread_name("emqx-rebalance")
        .max_blocking_threads(RESOLVERS)
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("emqx-rebalance".to_owned()).spawn(move || work(&runtime))?;
    Ok(handle)
}

fn work(runtime: &Runtime) {
    // Signals are the host's: nginx would not wake up for one that came here. If they cannot be
    // blocked, the kernel still prefers the main thread.
    let _ = SigSet::all().thread_block();
    runtime.block_on(pending::<()>());
}

/// Threads that look up host names, which has no other way, and go away when there is nothing to do.
const RESOLVERS: usize = 2;

/// What may only be touched in the process that made it.
#[derive(Debug)]
pub(super) struct Here<T> {
    process: &'static Process,
    value: Option<T>,
}

impl<T> Here<T> {
    pub(super) fn new(process: &'static Process, value: T) -> Self {
        Self { process, value: Some(value) }
    }

    /// # Errors
    /// `conflict` in another process.
    pub(super) fn get(&self) -> Result<&T> {
        self.value.as_ref().filter(|_| self.process.is_here()).ok_or_else(elsewhere)
    }

    /// Waits for what `work` comes to; `None` if that takes longer than `time`. In another process that
    /// is an error at once.
    pub(super) fn wait<R, F: Future<Output = Option<Result<R>>>>(
        &self,
        time: Option<Duration>,
        work: impl FnOnce(&T) -> F,
    ) -> Option<Result<R>> {
        let work = match self.get() {
            Ok(value) => work(value),
            Err(error) => return Some(Err(error)),
        };
        self.process.handle.block_on(async {
            match time {
                Some(time) => tokio::time::timeout(time, work).await.ok().flatten(),
                None => work.await,
            }
        })
    }
}

impl<T> Drop for Here<T> {
    fn drop(&mut self) {
        if !self.process.is_here() {
            std::mem::forget(self.value.take());
        }
    }
}

fn elsewhere() -> Error {
    let message = "this belongs to the process that made it, before a fork: make it anew here";
    Error::new(ErrorKind::Conflict, message)
}
