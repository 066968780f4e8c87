//! A plan or an evacuation on its way.

use crate::json::{self, Text, unwrapped};
use crate::task::{Task, call};
use emqx_rebalance_client::{HostedRun, Run as Driven, View};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::Status;
use pyo3::prelude::*;
use serde::Serialize;
use std::sync::Arc;

/// A plan or an evacuation on its way. It is driven for as long as the process lives, whether or not
/// anybody holds this. In a child of `fork` every call is a `conflict`: the parent drives it.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Run(HostedRun);

/// One status of many.
#[derive(Serialize)]
struct Change {
    version: u64,
    is_last: bool,
    status: Status,
}

impl Run {
    /// Tells every event of `run` to `sink`.
    pub(crate) fn new(run: HostedRun, sink: Py<PyAny>) -> Result<Self> {
        run.tell(move |event| call(&sink, (event.as_ref().map(json::text),)))?;
        Ok(Self(run))
    }

    /// What `look` finds in what is known of it.
    fn look<T>(&self, py: Python<'_>, look: impl FnOnce(&View) -> T) -> PyResult<T> {
        unwrapped(py, self.0.look(look))
    }

    /// What `work` comes to, to wait for.
    fn task<T: Serialize, F>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(Arc<Driven>) -> F,
    ) -> PyResult<Task>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let work = self.0.begin(|run| {
            let work = work(run);
            async move { work.await.map(|value| Text(json::text(&value))) }
        });
        unwrapped(py, work.map(Task))
    }
}

#[pymethods]
impl Run {
    /// Waits for a change after number `version`: `{"version", "is_last", "status"}`.
    fn changed(&self, py: Python<'_>, version: u64) -> PyResult<Task> {
        self.task(py, |run| async move {
            let mut view = run.view();
            let is_new = |view: &View| view.version() > version || view.end().is_some();
            let is_gone = view.wait_for(is_new).await.is_err();
            let view = view.borrow();
            let is_last = is_gone || view.end().is_some();
            Ok(Change { version: view.version(), is_last, status: view.status().clone() })
        })
    }

    /// Waits for the verdict.
    fn wait(&self, py: Python<'_>) -> PyResult<Task> {
        self.task(py, |run| async move { run.wait().await })
    }

    /// Where it stands.
    fn status(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |view| json::text(view.status()))
    }

    /// Everything that happened.
    fn events(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |view| json::text(view.events()))
    }

    /// The clients of every node over time: `[{"elapsed_s", "connections": {node: clients}}]`.
    fn course(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |view| json::text(view.samples()))
    }

    /// What is worth keeping, once there is a verdict.
    fn record(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.look(py, |view| view.driver().record().as_ref().map(json::text))
    }

    /// The page about it, as far as it is; `wishes` are the report's.
    fn report(&self, py: Python<'_>, wishes: &str) -> PyResult<String> {
        unwrapped(py, py.detach(|| self.0.report(&json::value("report", wishes)?)))
    }

    /// All that the driver knows.
    fn state(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |view| json::text(view.driver()))
    }

    /// Whether there is a verdict, or none to come.
    fn is_over(&self, py: Python<'_>) -> PyResult<bool> {
        self.look(py, |view| view.end().is_some())
    }

    /// Has it stopped.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        unwrapped(py, self.0.run().map(|run| run.stop()))
    }

    /// Drives it no more. There is a result once nothing is sent any more and the state stays as it is.
    fn detach(&self, py: Python<'_>) -> PyResult<Task> {
        self.task(py, |run| async move {
            run.detach().await;
            Ok(())
        })
    }
}
