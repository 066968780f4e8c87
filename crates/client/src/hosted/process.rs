//! The background thread: made when first needed, once for each process.
//!
//! A child of `fork` has the memory of its parent and none of its threads, so whatever waits for them
//! waits for ever. nginx forks its workers after `init_by_lua`, Python's `multiprocessing` its own: each
//! makes a thread of its own, and what belongs to the parent's is neither waited for nor dropped, since a
//! lock in it may be held for ever.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use nix::sys::signal::SigSet;
use std::future::pending;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;
use tokio::runtime::{Builder, Handle, Runtime};

/// Held only by threads of the host, and only while a thread is made: a process that forks in between
/// from another thread is beyond help. Python forks with its own lock held, and so do those who ask here.
static CURRENT: Mutex<Option<&'static Process>> = Mutex::new(None);

/// What belongs to one process of the operating system.
#[derive(Debug)]
pub struct Process {
    id: u32,
    /// Starts work on the background thread.
    pub(super) handle: Handle,
    /// Whether the host may still be called.
    is_open: RwLock<bool>,
}

impl Process {
    /// That of the process which runs now.
    ///
    /// # Errors
    /// `unreachable` if there can be no more threads.
    pub fn current() -> Result<&'static Self> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = current.filter(|process| process.is_here()) {
            return Ok(process);
        }
        let handle = spawn().map_err(|error| {
            Error::new(ErrorKind::Unreachable, "cannot start a thread").with("why", error)
        })?;
        let is_open = RwLock::new(true);
        let process = Self { id: std::process::id(), handle, is_open };
        // For ever: the host may hold work of it at any time.
        let process: &'static Self = Box::leak(Box::new(process));
        *current = Some(process);
        Ok(process)
    }

    /// Calls the host from none of our threads any more, and returns once no call is on its way. For an
    /// interpreter that ends.
    pub fn close() {
        let current = *CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = current.filter(|process| process.is_here()) {
            *process.is_open.write().unwrap_or_else(PoisonError::into_inner) = false;
        }
    }

    /// Does `work` in the thread that calls, which waits; what it begins is done by the background thread.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.handle.block_on(work)
    }

    /// Has a thread that may wait for the host do `work`, unless the host is closed.
    pub(super) async fn call_host(&'static self, work: impl FnOnce() + Send + 'static) {
        let call = move || {
            if *self.is_open.read().unwrap_or_else(PoisonError::into_inner) {
                work();
            }
        };
        // What the host makes of it is its own.
        let _ = self.handle.spawn_blocking(call).await;
    }

    /// Whether it is the process that runs now, not its parent.
    fn is_here(&self) -> bool {
        self.id == std::process::id()
    }
}

fn spawn() -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread()
        .thread_name("emqx-rebalance")
        .max_blocking_threads(WAITERS)
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

/// Threads that look up host names, which has no other way, or wait for the host, such as for Python's lock.
/// They go away when there is nothing to do.
const WAITERS: usize = 2;

/// What may only be touched in the process that made it; dropped elsewhere, it is forgotten.
#[derive(Debug)]
pub struct Here<T> {
    process: &'static Process,
    value: Option<T>,
}

impl<T> Here<T> {
    /// `value`, which belongs to `process`.
    pub fn new(process: &'static Process, value: T) -> Self {
        Self { process, value: Some(value) }
    }

    /// The value.
    ///
    /// # Errors
    /// `conflict` in another process.
    pub fn get(&self) -> Result<&T> {
        self.value.as_ref().filter(|_| self.process.is_here()).ok_or_else(elsewhere)
    }

    pub(super) fn process(&self) -> &'static Process {
        self.process
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
