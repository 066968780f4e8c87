//! A cluster behind its URLs.

use crate::error::raised;
use crate::json;
use crate::process::Process;
use crate::run::{Keep, Run};
use crate::task::Task;
use emqx_rebalance_client::Cluster as Client;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::{Access, Dialect, Nowhere, Question, job};
use pyo3::prelude::*;
use std::fmt;
use std::mem::{forget, replace};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[pyclass(frozen, module = "emqx_rebalance._native")]
pub(crate) struct Cluster {
    access: Access,
    connection: Mutex<Connection>,
}

/// The connection of one process, if the cluster is not closed.
struct Connection {
    process: u32,
    client: Option<Arc<OnceCell<Client>>>,
}

impl Cluster {
    /// The connection of this process. Called while Python's lock is held, so that no thread holds
    /// this one when the process forks.
    ///
    /// # Errors
    /// `conflict` if the cluster was closed.
    fn connection(&self) -> Result<Arc<OnceCell<Client>>> {
        let connection = self.here();
        let closed = || Error::new(ErrorKind::Conflict, "the cluster was closed: make another one");
        connection.client.clone().ok_or_else(closed)
    }

    fn here(&self) -> MutexGuard<'_, Connection> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if connection.process != process {
            let client = connection.client.is_some().then(Arc::default);
            // Its sockets are the parent's, and to close them would talk to threads of the parent.
            forget(replace(&mut *connection, Connection { process, client }));
        }
        connection
    }
}

#[pymethods]
impl Cluster {
    /// A cluster of the package's `Connection`, every bad part of which is found now.
    #[new]
    fn new(py: Python<'_>, access: &str) -> PyResult<Self> {
        let read = || Access::read(json::loose("cluster", access)?, Dialect::PYTHON, &Nowhere);
        let access = read().map_err(|error| raised(py, &error))?;
        let connection = Connection { process: std::process::id(), client: Some(Arc::default()) };
        Ok(Self { access, connection: Mutex::new(connection) })
    }

    /// Asks nothing any more. What runs goes on, on the connections that it has.
    fn close(&self) {
        self.here().client = None;
    }

    /// Asks a question: one of `Question::VERBS`, and the JSON that it is about.
    fn ask(&self, py: Python<'_>, verb: &str, given: &str) -> PyResult<Task> {
        let begin = || {
            let question = Question::read(verb, json::loose("request", given)?)?;
            let process = Process::current(py)?;
            let (access, connection) = (self.access.clone(), self.connection()?);
            Ok(Task::spawn(process, async move {
                let client = connection.get_or_try_init(|| Client::connect(access)).await?;
                client.ask(question).await
            }))
        };
        begin().map_err(|error| raised(py, &error))
    }

    /// Drives what `verb` begins on the connected cluster: `start`, `start_evacuation` or `resume`, and
    /// the JSON that it takes. `sink` is called with every event as JSON, and with `None` at the end.
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
            let process = Process::current(py)?;
            let connection = self.connection()?;
            let client = connection.get().ok_or_else(|| {
                Error::new(ErrorKind::Unreachable, "not connected to the cluster yet")
            })?;
            let _runtime = process.runtime.enter();
            Ok(Run::follow(process, client.drive(driver, Keep::new(keep)), sink))
        };
        begin().map_err(|error| raised(py, &error))
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("urls", &self.access.urls).finish_non_exhaustive()
    }
}
