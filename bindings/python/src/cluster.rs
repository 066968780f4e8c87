//! A cluster behind its URLs.

use crate::json::{self, unwrapped};
use crate::run::Run;
use crate::task::Task;
use emqx_rebalance_client::{Hosted, Limits};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::{Access, Dialect, Nowhere, Question, job};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Cluster {
    hosted: Hosted,
    is_closed: AtomicBool,
}

impl Cluster {
    /// # Errors
    /// `conflict` if it was closed.
    fn open(&self) -> Result<&Hosted> {
        let closed = || Error::new(ErrorKind::Conflict, "the cluster was closed: make another one");
        (!self.is_closed.load(Relaxed)).then_some(&self.hosted).ok_or_else(closed)
    }
}

#[pymethods]
impl Cluster {
    /// A cluster of the package's `Connection`, every bad part of which is found now.
    #[new]
    fn new(py: Python<'_>, access: &str) -> PyResult<Self> {
        let read = || {
            let access = Access::read(json::loose("cluster", access)?, Dialect::PYTHON, &Nowhere)?;
            Ok(Self { hosted: Hosted::new(access, Limits::WATCHED)?, is_closed: false.into() })
        };
        unwrapped(py, read())
    }

    /// Asks nothing any more. What runs goes on, on the connections that it has.
    fn close(&self) {
        self.is_closed.store(true, Relaxed);
        self.hosted.close();
    }

    /// Asks a question: one of `Question::VERBS`, and the JSON that it is about.
    fn ask(&self, py: Python<'_>, verb: &str, given: &str) -> PyResult<Task> {
        let begin = || {
            let question = Question::read(verb, json::loose("request", given)?)?;
            self.open()?.ask(question)
        };
        unwrapped(py, begin().map(Task))
    }

    /// Drives what `verb` begins: `start`, `start_evacuation` or `resume`, and the JSON that it takes.
    /// `sink` is called with every event as JSON, and with `None` at the end.
    fn run(
        &self,
        py: Python<'_>,
        verb: &str,
        given: &str,
        keep: Option<PathBuf>,
        sink: Py<PyAny>,
    ) -> PyResult<Run> {
        let begin = || {
            let driver = job(verb, json::loose("request", given)?)?;
            Run::new(self.open()?.drive(driver, verb == "resume", keep)?, sink)
        };
        unwrapped(py, begin())
    }
}
