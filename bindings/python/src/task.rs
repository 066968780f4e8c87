//! Work that waits for the network, for Python to wait for as it likes.

use crate::error::unwrapped;
use crate::json;
use crate::process::Process;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use serde::Serialize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// Work on its way. Its result is JSON text, or an error of the core.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Task {
    shared: Arc<Shared>,
    abort: AbortHandle,
}

/// What the worker and those who wait have in common.
#[derive(Debug)]
struct Shared {
    process: &'static Process,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    result: Option<Result<String>>,
    /// To call once there is a result.
    callbacks: Vec<Py<PyAny>>,
}

impl Task {
    /// Begins `work`.
    pub(crate) fn spawn<T: Serialize>(
        process: &'static Process,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared { process, state: Mutex::default(), done: Condvar::new() });
        let worker = Arc::clone(&shared);
        let task = process.runtime.spawn(async move {
            let result = work.await.map(|value| json::text(&value));
            worker.finish(result);
        });
        Self { shared, abort: task.abort_handle() }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, result: Result<String>) {
        let callbacks = {
            let mut state = self.state();
            state.result.get_or_insert(result);
            std::mem::take(&mut state.callbacks)
        };
        self.done.notify_all();
        if !callbacks.is_empty() {
            self.process.with_python(|py| call(py, callbacks));
        }
    }

    /// Waits for at most `time`; whether there is a result.
    fn wait(&self, time: Duration) -> bool {
        let state = self.state();
        let waited = self.done.wait_timeout_while(state, time, |state| state.result.is_none());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.result.is_some()
    }
}

/// An event loop that has been closed meanwhile refuses; there is nobody left to tell.
fn call(py: Python<'_>, callbacks: Vec<Py<PyAny>>) {
    for callback in callbacks {
        let _ = callback.call0(py);
    }
}

#[pymethods]
impl Task {
    /// Waits for the result; `None` if it takes longer than `timeout_s` seconds. A signal that raises,
    /// as Ctrl-C does, ends the waiting.
    fn wait(&self, py: Python<'_>, timeout_s: Option<f64>) -> PyResult<Option<String>> {
        let seconds = timeout_s.unwrap_or(f64::INFINITY).max(0.0);
        let end =
            Duration::try_from_secs_f64(seconds).ok().and_then(|t| Instant::now().checked_add(t));
        loop {
            let left = end.map_or(LOOK, |end| end.saturating_duration_since(Instant::now()));
            if py.detach(|| self.shared.wait(left.min(LOOK))) {
                return self.result(py);
            }
            py.check_signals()?;
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    /// The result, or `None` if there is none yet.
    fn result(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let result = self.shared.state().result.clone();
        result.map(|result| unwrapped(py, result)).transpose()
    }

    /// Has `callback` called, from any thread, once there is a result.
    fn on_done(&self, py: Python<'_>, callback: Py<PyAny>) {
        let mut state = self.shared.state();
        if state.result.is_none() {
            state.callbacks.push(callback);
            return;
        }
        drop(state);
        call(py, vec![callback]);
    }

    /// Gives the work up.
    fn cancel(&self) {
        self.abort.abort();
        let cancelled = Error::new(ErrorKind::Timeout, "given up before there was an answer");
        self.shared.state().result.get_or_insert(Err(cancelled));
        self.shared.done.notify_all();
    }
}

/// How often somebody who waits looks for signals: a tenth of a second for Ctrl-C, on a busy machine too.
const LOOK: Duration = Duration::from_millis(20);
