//! Work that waits for the network, for Python to wait for as it likes.

use crate::json::{Text, unwrapped};
use emqx_rebalance_client::{Process, Work};
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use std::time::{Duration, Instant};

/// Work on its way. Its result is JSON text, or an error of the core.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Task(pub(crate) Work<Text>);

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
            if let Some(result) = py.detach(|| self.0.wait(Some(left.min(LOOK)))) {
                return unwrapped(py, result.map(|Text(text)| Some(text)));
            }
            py.check_signals()?;
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    /// The result, or `None` if there is none yet.
    fn result(&self, py: Python<'_>) -> PyResult<Option<String>> {
        unwrapped(py, self.0.poll().transpose().map(|text| text.map(|Text(text)| text)))
    }

    /// Has `callback` called, from any thread, once there is a result.
    fn on_done(&self, callback: Py<PyAny>) {
        self.0.when_over(move || call(&callback, ()));
    }

    /// Gives the work up.
    fn cancel(&self) {
        self.0.cancel();
    }
}

/// Calls Python from a thread of ours. An event loop that has been closed meanwhile refuses; there is
/// nobody left to tell.
pub(crate) fn call(callback: &Py<PyAny>, given: impl for<'py> PyCallArgs<'py>) {
    Python::try_attach(|py| drop(callback.call1(py, given)));
}

/// Lets none of our threads call Python any more. For `atexit`.
#[pyfunction]
pub(crate) fn close(py: Python<'_>) {
    py.detach(Process::close);
}

/// How often somebody who waits looks for signals: a tenth of a second for Ctrl-C, on a busy machine too.
const LOOK: Duration = Duration::from_millis(20);
