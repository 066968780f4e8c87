//! A cluster behind its URLs.

use crate::access::AccessInput;
use crate::error::raised;
use crate::json;
use crate::process::Process;
use crate::run::{Keep, Run};
use crate::task::Task;
use emqx_rebalance_client::{Cluster as Client, ClusterConfig};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{
    Error, ErrorKind, EvacuationPlan, EvacuationRequest, Plan, PlanRequest, Result, StartRequest,
};
use emqx_rebalance_exchange::Access;
use emqx_rebalance_exchange::sansio::Cluster as Exchange;
use pyo3::prelude::*;
use serde::Serialize;
use std::fmt;
use std::mem::{forget, replace};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[pyclass(frozen, module = "emqx_rebalance._native")]
pub(crate) struct Cluster {
    config: ClusterConfig,
    connection: Mutex<(u32, Arc<OnceCell<Client>>)>,
}

impl Cluster {
    /// Begins `work` on the connected cluster.
    fn spawn<T: Serialize, F: Future<Output = Result<T>> + Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(Client) -> F + Send + 'static,
    ) -> PyResult<Task> {
        let process = Process::current(py).map_err(|error| raised(py, &error))?;
        let (config, connection) = (self.config.clone(), self.connection());
        Ok(Task::spawn(process, async move {
            let client = connection.get_or_try_init(|| Client::connect(config)).await?.clone();
            work(client).await
        }))
    }

    /// The connection of this process. Called while Python's lock is held, so that no thread holds
    /// this one when the process forks.
    fn connection(&self) -> Arc<OnceCell<Client>> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let here = std::process::id();
        if connection.0 != here {
            // Its sockets are the parent's, and to close them would talk to threads of the parent.
            forget(replace(&mut *connection, (here, Arc::default())));
        }
        Arc::clone(&connection.1)
    }

    fn drive(
        &self,
        py: Python<'_>,
        driver: Result<Driver>,
        keep: Option<PathBuf>,
        sink: Py<PyAny>,
    ) -> PyResult<Run> {
        let begin = || {
            let process = Process::current(py)?;
            let connection = self.connection();
            let client = connection.get().ok_or_else(|| {
                Error::new(ErrorKind::Unreachable, "not connected to the cluster yet")
            })?;
            let _runtime = process.runtime.enter();
            let kept = Keep::new(keep);
            let state = kept.latest();
            Ok(Run::follow(process, client.drive(driver?, kept), state, sink))
        };
        begin().map_err(|error| raised(py, &error))
    }
}

#[pymethods]
impl Cluster {
    #[new]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        let read = || {
            let input: AccessInput = json::value("cluster", config)?;
            // Now rather than when first asked: every bad URL.
            Exchange::new(Access::try_from(input.clone())?)?;
            ClusterConfig::try_from(input)
        };
        let config = read().map_err(|error| raised(py, &error))?;
        Ok(Self { config, connection: Mutex::new((std::process::id(), Arc::default())) })
    }

    /// Finds the cluster.
    fn connect(&self, py: Python<'_>) -> PyResult<Task> {
        self.spawn(py, async |_| Ok(()))
    }

    /// Every node's load.
    fn snapshot(&self, py: Python<'_>) -> PyResult<Task> {
        self.spawn(py, async |client| client.snapshot().await)
    }

    /// What runs.
    fn status(&self, py: Python<'_>) -> PyResult<Task> {
        self.spawn(py, async |client| client.status().await)
    }

    /// Plans for the cluster as it is. `request` is a `PlanRequest`.
    fn plan(&self, py: Python<'_>, request: &str) -> PyResult<Task> {
        let read = json::request(request, |from| PlanRequest::read(from));
        let PlanRequest { strategy, options, .. } = read.map_err(|error| raised(py, &error))?;
        self.spawn(py, async move |client| client.plan(&strategy, &options).await)
    }

    /// Plans to empty a node.
    fn plan_evacuation(&self, py: Python<'_>, request: &str) -> PyResult<Task> {
        let read = json::request(request, |from| EvacuationRequest::read(from));
        let EvacuationRequest { node, evacuation, options, .. } =
            read.map_err(|error| raised(py, &error))?;
        self.spawn(py, async move |client| {
            client.plan_evacuation(&node, &evacuation, &options).await
        })
    }

    /// The evacuations that go on.
    fn evacuations(&self, py: Python<'_>) -> PyResult<Task> {
        self.spawn(py, async |client| client.evacuations().await)
    }

    /// Lets a node serve again; whether it did not.
    fn stop_evacuation(&self, py: Python<'_>, node: &str) -> PyResult<Task> {
        let node = json::node(node).map_err(|error| raised(py, &error))?;
        self.spawn(py, async move |client| client.stop_evacuation(&node).await)
    }

    /// Stops the run of `coordinator`, or every run; which were stopped.
    fn stop(&self, py: Python<'_>, coordinator: Option<&str>) -> PyResult<Task> {
        let coordinator =
            coordinator.map(json::node).transpose().map_err(|error| raised(py, &error))?;
        self.spawn(py, async move |client| client.stop(coordinator.as_ref()).await)
    }

    /// Starts a plan on the connected cluster. `request` is a `StartRequest<Plan>`; `sink` is called with
    /// every event as JSON, and with `None` at the end.
    fn start(
        &self,
        py: Python<'_>,
        request: &str,
        state: Option<PathBuf>,
        sink: Py<PyAny>,
    ) -> PyResult<Run> {
        let driver = json::request(request, |from| StartRequest::<Plan>::read(from)?.driver());
        self.drive(py, driver, state, sink)
    }

    /// Empties a node of the connected cluster. `request` is a `StartRequest<EvacuationPlan>`.
    fn evacuate(
        &self,
        py: Python<'_>,
        request: &str,
        state: Option<PathBuf>,
        sink: Py<PyAny>,
    ) -> PyResult<Run> {
        let driver =
            json::request(request, |from| StartRequest::<EvacuationPlan>::read(from)?.driver());
        self.drive(py, driver, state, sink)
    }

    /// Goes on from a stored state, of a plan or of an evacuation.
    fn resume(
        &self,
        py: Python<'_>,
        state: &str,
        keep: Option<PathBuf>,
        sink: Py<PyAny>,
    ) -> PyResult<Run> {
        self.drive(py, json::restored(state), keep, sink)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("urls", &self.config.urls).finish_non_exhaustive()
    }
}
