//! A plan or an evacuation on its way.

use crate::error::raised;
use crate::json;
use crate::process::Process;
use crate::task::Task;
use emqx_rebalance_client::{FileStore, Run as Client, Store};
use emqx_rebalance_core::driver::{Driver, Event, Outcome, Record, Status};
use emqx_rebalance_core::{Error, ErrorKind, NodeLoad, NodeName, Result};
use pyo3::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// A plan or an evacuation on its way. It is driven for as long as the process lives, whether or not
/// anybody holds this.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Run {
    process: &'static Process,
    shared: Arc<Shared>,
    state: Arc<Mutex<Option<String>>>,
}

#[derive(Debug)]
struct Shared {
    view: Mutex<View>,
    /// The number of changes so far.
    version: watch::Sender<u64>,
    stop: Notify,
    detach: Notify,
}

/// What is known.
#[derive(Debug)]
struct View {
    status: Status,
    events: Vec<Event>,
    /// The clients of every node, whenever they changed.
    course: Vec<Sample>,
    record: Option<Record>,
    end: Option<Result<Outcome>>,
}

impl View {
    fn see(&mut self, status: Status) {
        let sample = Sample::of(&status);
        if self.course.last() != Some(&sample) {
            self.course.push(sample);
        }
        self.status = status;
    }
}

/// The clients of every node at one time.
#[derive(Debug, PartialEq, Serialize)]
struct Sample {
    elapsed_s: u64,
    connections: BTreeMap<NodeName, u64>,
}

impl Sample {
    fn of(status: &Status) -> Self {
        let known =
            |load: &NodeLoad| load.known_connections().map(|known| (load.node.clone(), known));
        let nodes = status.nodes.iter().filter_map(known);
        Self { elapsed_s: status.progress.elapsed_s, connections: nodes.collect() }
    }
}

/// One status of many.
#[derive(Serialize)]
struct Change {
    version: u64,
    is_last: bool,
    status: Status,
}

impl Shared {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait for a status, or for the end.
    fn change(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view());
        self.version.send_modify(|version| *version += 1);
    }

    fn see(&self, status: Status) {
        if self.view().status != status {
            self.change(|view| view.see(status));
        }
    }

    /// Waits until there is a verdict, or none to come.
    async fn ended(&self) {
        let mut versions = self.version.subscribe();
        // The sender is in `self`.
        let _ = versions.wait_for(|_| self.view().end.is_some()).await;
    }

    async fn follow(&self, mut run: Client, tell: impl Fn(Option<&Event>)) {
        let mut updates = run.updates();
        loop {
            tokio::select! {
                biased;
                () = self.stop.notified() => run.stop(),
                () = self.detach.notified() => {
                    run.detach().await;
                    self.change(|view| view.end = Some(Err(detached())));
                    return tell(None);
                }
                Ok(()) = updates.changed() => {
                    let status = updates.borrow_and_update().clone();
                    self.see(status);
                }
                event = run.next_event() => {
                    let Some(event) = event else { break };
                    self.view().events.push(event.clone());
                    tell(Some(&event));
                }
            }
        }
        let end = run.wait().await;
        self.change(|view| {
            view.see(run.status());
            view.record = run.record().cloned();
            view.end = Some(end);
        });
        tell(None);
    }
}

impl Run {
    /// Follows `run`, telling every event to `sink`.
    pub(crate) fn follow(
        process: &'static Process,
        run: Client,
        state: Arc<Mutex<Option<String>>>,
        sink: Py<PyAny>,
    ) -> Self {
        let view = View {
            status: run.status(),
            events: Vec::new(),
            course: Vec::new(),
            record: None,
            end: None,
        };
        let shared = Arc::new(Shared {
            view: Mutex::new(view),
            version: watch::Sender::new(1),
            stop: Notify::new(),
            detach: Notify::new(),
        });
        let follower = Arc::clone(&shared);
        process.runtime.spawn(async move {
            let tell = |event: Option<&Event>| {
                process.with_python(|py| {
                    // A loop that is closed meanwhile has nobody to tell.
                    let _ = sink.call1(py, (event.map(json::text),));
                });
            };
            follower.follow(run, tell).await;
        });
        Self { process, shared, state }
    }

    /// # Errors
    /// `conflict` in a child of `fork`: the parent drives it.
    fn shared(&self, py: Python<'_>) -> PyResult<&Arc<Shared>> {
        if self.process.is_here() && self.process.is_open() {
            return Ok(&self.shared);
        }
        let message = "the run belongs to the process that started it: resume its state here";
        Err(raised(py, &Error::new(ErrorKind::Conflict, message)))
    }
}

#[pymethods]
impl Run {
    /// Waits for a change after number `version`: `{"version", "is_last", "status"}`.
    fn changed(&self, py: Python<'_>, version: u64) -> PyResult<Task> {
        let shared = Arc::clone(self.shared(py)?);
        Ok(Task::spawn(self.process, async move {
            let mut versions = shared.version.subscribe();
            let is_over = || shared.view().end.is_some();
            // The sender is in `shared`.
            let _ = versions.wait_for(|now| *now > version || is_over()).await;
            let now = *versions.borrow();
            let view = shared.view();
            Ok(Change { version: now, is_last: view.end.is_some(), status: view.status.clone() })
        }))
    }

    /// Waits for the verdict.
    fn wait(&self, py: Python<'_>) -> PyResult<Task> {
        let shared = Arc::clone(self.shared(py)?);
        Ok(Task::spawn(self.process, async move {
            shared.ended().await;
            let end = shared.view().end.clone();
            end.unwrap_or_else(|| Err(detached()))
        }))
    }

    /// Where it stands.
    fn status(&self, py: Python<'_>) -> PyResult<String> {
        Ok(json::text(&self.shared(py)?.view().status))
    }

    /// Everything that happened.
    fn events(&self, py: Python<'_>) -> PyResult<String> {
        Ok(json::text(&self.shared(py)?.view().events))
    }

    /// The clients of every node over time: `[{"elapsed_s", "connections": {node: clients}}]`.
    fn course(&self, py: Python<'_>) -> PyResult<String> {
        Ok(json::text(&self.shared(py)?.view().course))
    }

    /// What is worth keeping, once there is a verdict.
    fn record(&self, py: Python<'_>) -> PyResult<Option<String>> {
        Ok(self.shared(py)?.view().record.as_ref().map(json::text))
    }

    /// All that the driver knows.
    fn state(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.shared(py)?;
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Whether there is a verdict, or none to come.
    fn is_over(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.shared(py)?.view().end.is_some())
    }

    /// Has it stopped.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.shared(py)?.stop.notify_one();
        Ok(())
    }

    /// Drives it no more. There is a result once nothing is sent any more and the state stays as it is.
    fn detach(&self, py: Python<'_>) -> PyResult<Task> {
        let shared = Arc::clone(self.shared(py)?);
        shared.detach.notify_one();
        Ok(Task::spawn(self.process, async move {
            shared.ended().await;
            Ok(())
        }))
    }
}

fn detached() -> Error {
    let message = "nobody follows this run any more; EMQX goes on by itself: resume its state";
    Error::new(ErrorKind::Conflict, message)
}

/// Keeps the state for Python, and in a file if so wished.
#[derive(Debug)]
pub(crate) struct Keep {
    latest: Arc<Mutex<Option<String>>>,
    file: Option<FileStore>,
}

impl Keep {
    /// In `file` too, if there is one.
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self { latest: Arc::default(), file: file.map(FileStore::new) }
    }

    /// The state that was kept last.
    pub(crate) fn latest(&self) -> Arc<Mutex<Option<String>>> {
        Arc::clone(&self.latest)
    }
}

impl Store for Keep {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(json::text(driver));
        self.file.as_mut().map_or(Ok(()), |file| file.save(driver))
    }
}
