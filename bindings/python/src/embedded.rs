//! An embedded cluster that behaves like EMQX, in this process.

use crate::error::raised;
use crate::json;
use crate::process::Process;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result, typed};
use emqx_rebalance_sim::server::Embedded as Server;
use emqx_rebalance_sim::{ClusterConfig, Fault};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::mem::forget;
use std::sync::{Mutex, PoisonError};

/// A running embedded cluster.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Embedded {
    process: &'static Process,
    /// Base URLs of the nodes.
    #[pyo3(get)]
    urls: Vec<String>,
    /// The API key.
    #[pyo3(get)]
    api_key: String,
    /// Its secret.
    #[pyo3(get)]
    api_secret: String,
    server: Mutex<Option<Server>>,
}

/// The arguments of an embedded cluster: short ones, and any of [`ClusterConfig`].
#[derive(Deserialize)]
struct EmbeddedInput {
    nodes: Option<Value>,
    clients: Option<Value>,
    load_balancer: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl EmbeddedInput {
    fn config(self) -> Result<ClusterConfig> {
        let clients = clients(self.nodes, self.clients)?;
        let mut all = serde_json::to_value(ClusterConfig::with_clients(&clients)?)
            .map_err(|error| Error::new(ErrorKind::ConfigInvalid, error.to_string()))?;
        if let Value::Object(all) = &mut all {
            all.extend(self.more);
            if let Some(policy) = self.load_balancer {
                all.insert("load_balancer".to_owned(), serde_json::json!({ "policy": policy }));
            }
        }
        let config: ClusterConfig = typed(WHAT, json::loose(WHAT, &all.to_string())?)?;
        config.validate().map(|()| config)
    }
}

/// Clients of every node: as given, or three full nodes and an empty one.
fn clients(nodes: Option<Value>, clients: Option<Value>) -> Result<Vec<u64>> {
    let mut problems = Vec::new();
    let size = format!("a whole number from 1 to {}", ClusterConfig::MAX_NODES);
    let nodes: Option<usize> = json::member("nodes", nodes, &size, &mut problems);
    let counts = "a list of whole numbers, one for each node";
    let clients: Option<Vec<u64>> = json::member("clients", clients, counts, &mut problems);
    if let (Some(clients), Some(nodes)) = (&clients, nodes)
        && clients.len() != nodes
    {
        let bound = format!("one count for each of {nodes} nodes");
        problems.push(Problem::new("clients", format!("{} counts", clients.len()), bound));
    }
    if !problems.is_empty() {
        return Err(Error::invalid(WHAT, problems));
    }
    let size = nodes.unwrap_or(DEFAULT.len());
    ClusterConfig::check_size(size)?;
    Ok(clients.unwrap_or_else(|| DEFAULT.iter().copied().cycle().take(size).collect()))
}

#[pymethods]
impl Embedded {
    #[new]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        let start = || {
            let process = Process::current(py)?;
            let given = json::loose(WHAT, config)?;
            let config = typed::<EmbeddedInput>(WHAT, given)?.config()?;
            let server = py.detach(|| process.runtime.block_on(Server::start(config)))?;
            Ok(Self {
                process,
                urls: server.urls(),
                api_key: server.api_key(),
                api_secret: server.api_secret(),
                server: Mutex::new(Some(server)),
            })
        };
        start().map_err(|error| raised(py, &error))
    }

    /// Breaks or mends something now. `fault` is a `Fault`.
    fn inject(&self, py: Python<'_>, fault: &str) -> PyResult<()> {
        let inject = || {
            let fault: Fault = typed("fault", json::loose("fault", fault)?)?;
            let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
            let server = server.as_ref().filter(|_| self.process.is_here()).ok_or_else(|| {
                Error::new(ErrorKind::Conflict, "the embedded cluster has been stopped")
            })?;
            server.with(|simulation| simulation.inject(&fault))
        };
        py.detach(inject).map_err(|error| raised(py, &error))
    }

    /// Closes every port. Does nothing in a child of `fork`, whose parent has the cluster.
    fn stop(&self, py: Python<'_>) {
        if self.process.is_here() {
            let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(server) = server {
                py.detach(|| self.process.runtime.block_on(server.stop()));
            }
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if !self.process.is_here() {
            forget(self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

const WHAT: &str = "embedded cluster";
/// Three full nodes and an empty one.
const DEFAULT: [u64; 4] = [3333, 3334, 3333, 0];
