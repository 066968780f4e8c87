//! A plan or an evacuation on its way.

use crate::error::{raised, unwrapped};
use crate::json;
use crate::process::Process;
use crate::task::Task;
use emqx_rebalance_client::{FileStore, Run as Driven, Store, View};
use emqx_rebalance_core::driver::{Driver, Status};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_report::{Course, report};
use pyo3::prelude::*;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch::Receiver;

/// A plan or an evacuation on its way. It is driven for as long as the process lives, whether or not
/// anybody holds this.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Run {
    process: &'static Process,
    run: Arc<Driven>,
    course: Arc<Mutex<Course>>,
}

/// One status of many.
#[derive(Serialize)]
struct Change {
    version: u64,
    is_last: bool,
    status: Status,
}

impl Run {
    /// Follows `run`, telling every event to `sink`.
    pub(crate) fn follow(process: &'static Process, run: Driven, sink: Py<PyAny>) -> Self {
        let run = Arc::new(run);
        let tell = move |event: Option<String>| {
            process.with_python(|py| {
                // A loop that is closed meanwhile has nobody to tell.
                let _ = sink.call1(py, (event,));
            });
        };
        process.runtime.spawn(tell_all(Arc::clone(&run), tell));
        let course = Arc::default();
        process.runtime.spawn(take_down(run.view(), Arc::clone(&course)));
        Self { process, run, course }
    }

    /// # Errors
    /// `conflict` in a child of `fork`: the parent drives it.
    fn here(&self, py: Python<'_>) -> PyResult<&Arc<Driven>> {
        if self.process.is_here() && self.process.is_open() {
            return Ok(&self.run);
        }
        let message = "the run belongs to the process that started it: resume its state here";
        Err(raised(py, &Error::new(ErrorKind::Conflict, message)))
    }

    /// What `look` finds in what is known of it.
    fn look<T>(&self, py: Python<'_>, look: impl FnOnce(&View) -> T) -> PyResult<T> {
        Ok(look(&self.here(py)?.view().borrow()))
    }
}

/// Tells every event of `run`, and `None` at its end. Holds it until then, so that it goes on.
async fn tell_all(run: Arc<Driven>, tell: impl Fn(Option<String>)) {
    let (mut view, mut told) = (run.view(), 0);
    let mut is_over = false;
    while !is_over {
        let is_news = |view: &View| view.events().len() > told || view.end().is_some();
        let Ok(news) = view.wait_for(is_news).await.map(|view| {
            is_over = view.end().is_some();
            view.events().iter().skip(told).map(json::text).collect::<Vec<_>>()
        }) else {
            break;
        };
        told += news.len();
        news.into_iter().for_each(|event| tell(Some(event)));
    }
    tell(None);
}

/// Takes down the course of a run, for a page about it.
async fn take_down(mut view: Receiver<View>, course: Arc<Mutex<Course>>) {
    let began = Instant::now();
    loop {
        let is_over = {
            let view = view.borrow_and_update();
            let mut course = course.lock().unwrap_or_else(PoisonError::into_inner);
            course.see(view.status(), began.elapsed().as_secs_f64());
            view.end().is_some()
        };
        if is_over || view.changed().await.is_err() {
            break;
        }
    }
}

#[pymethods]
impl Run {
    /// Waits for a change after number `version`: `{"version", "is_last", "status"}`.
    fn changed(&self, py: Python<'_>, version: u64) -> PyResult<Task> {
        let mut view = self.here(py)?.view();
        Ok(Task::spawn(self.process, async move {
            let is_new = |view: &View| view.version() > version || view.end().is_some();
            let is_gone = view.wait_for(is_new).await.is_err();
            let view = view.borrow();
            let is_last = is_gone || view.end().is_some();
            Ok(Change { version: view.version(), is_last, status: view.status().clone() })
        }))
    }

    /// Waits for the verdict.
    fn wait(&self, py: Python<'_>) -> PyResult<Task> {
        let run = Arc::clone(self.here(py)?);
        Ok(Task::spawn(self.process, async move { run.wait().await }))
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
        let driver = self.look(py, |view| view.driver().clone())?;
        let course = self.course.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let write = || report(&driver, &course, &json::value("report", wishes)?);
        unwrapped(py, py.detach(write))
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
        self.here(py).map(|run| run.stop())
    }

    /// Drives it no more. There is a result once nothing is sent any more and the state stays as it is.
    fn detach(&self, py: Python<'_>) -> PyResult<Task> {
        let run = Arc::clone(self.here(py)?);
        Ok(Task::spawn(self.process, async move {
            run.detach().await;
            Ok(())
        }))
    }
}

/// Keeps the state in a file, if so wished.
#[derive(Debug)]
pub(crate) struct Keep(Option<FileStore>);

impl Keep {
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self(file.map(FileStore::new))
    }
}

impl Store for Keep {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        self.0.as_mut().map_or(Ok(()), |file| file.save(driver))
    }
}
