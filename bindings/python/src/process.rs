//! The threads that wait for the network, made when first needed and once for each process.
//!
//! A child of `fork` has the memory of its parent and none of its threads, so whatever waits for them
//! waits for ever: it makes its own, and leaves its parent's alone. [`CURRENT`] is only ever touched
//! while Python's lock is held, so that no thread holds it when the process forks.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError, RwLock};
use tokio::runtime::{Builder, Runtime};

static CURRENT: Mutex<Option<&'static Process>> = Mutex::new(None);

/// What belongs to one process of the operating system.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
    /// Where everything runs that waits for the network.
    pub(crate) runtime: Runtime,
    /// Whether the interpreter is still there.
    is_open: RwLock<bool>,
}

impl Process {
    /// That of the process which runs now.
    ///
    /// # Errors
    /// `unreachable` if there can be no more threads.
    pub(crate) fn current(_: Python<'_>) -> Result<&'static Self> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = current.filter(|process| process.is_here()) {
            return Ok(process);
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("emqx-rebalance")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Unreachable, "cannot start the threads").with("why", error)
            })?;
        // For ever: to end the runtime of a parent would wait for threads that are not there.
        let process: &'static Self = Box::leak(Box::new(Self {
            id: std::process::id(),
            runtime,
            is_open: RwLock::new(true),
        }));
        *current = Some(process);
        Ok(process)
    }

    /// Whether it is the process that runs now, not its parent.
    pub(crate) fn is_here(&self) -> bool {
        self.id == std::process::id()
    }

    /// Does `work` with Python, from one of our threads. Not once the interpreter ends, which would
    /// end the thread in the midst of it.
    pub(crate) fn with_python(&self, work: impl FnOnce(Python<'_>)) {
        let is_open = self.is_open.read().unwrap_or_else(PoisonError::into_inner);
        if *is_open {
            Python::try_attach(work);
        }
    }

    /// Whether the interpreter is still there.
    pub(crate) fn is_open(&self) -> bool {
        *self.is_open.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets none of our threads call Python any more. For `atexit`.
#[pyfunction]
pub(crate) fn close(py: Python<'_>) {
    let current = *CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(process) = current.filter(|process| process.is_here()) {
        py.detach(|| *process.is_open.write().unwrap_or_else(PoisonError::into_inner) = false);
    }
}

/// Requests are few: a thread to wait, and one for an embedded cluster that works meanwhile.
const WORKERS: usize = 2;
