//! An embedded cluster that behaves like EMQX, in this process.

use crate::json::{self, unwrapped};
use emqx_rebalance_client::{Here, Process};
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result, typed};
use emqx_rebalance_sim::server::Embedded as Server;
use emqx_rebalance_sim::{ClusterConfig, Fault};
use pyo3::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, PoisonError};

/// A running embedded cluster. It runs on the background thread, which is as idle as the cluster is.
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
    /// Stays running in the parent of a `fork`, whatever a child does.
    server: Here<Mutex<Option<Server>>>,
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
        let counts = counts(self.nodes, self.clients)?;
        let mut all = json!(ClusterConfig::with_clients(&counts)?);
        if let Value::Object(all) = &mut all {
            all.extend(self.more);
            all.extend(
                self.load_balancer
                    .map(|policy| ("load_balancer".to_owned(), json!({ "policy": policy }))),
            );
        }
        let config: ClusterConfig = typed(WHAT, json::loose(WHAT, &all.to_string())?)?;
        config.validate().map(|()| config)
    }
}

/// Clients of every node.
fn counts(nodes: Option<Value>, clients: Option<Value>) -> Result<Vec<u64>> {
    let mut problems = Vec::new();
    let size = format!("a whole number from 1 to {}", ClusterConfig::MAX_NODES);
    let nodes = member("nodes", nodes, &size, &mut problems);
    let clients =
        member("clients", clients, "a list of whole numbers, one for each node", &mut problems);
    let counts = ClusterConfig::counts(nodes, clients).map_err(|problem| problems.push(problem));
    counts.ok().filter(|_| problems.is_empty()).ok_or_else(|| Error::invalid(WHAT, problems))
}

/// Reads an argument, if it is there. What is wrong with it goes to `problems`.
fn member<T: DeserializeOwned>(
    field: &str,
    given: Option<Value>,
    bound: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let given = given.filter(|given| !given.is_null())?;
    let shown: String = given.to_string().chars().take(MAX_SHOWN).collect();
    let read = serde_json::from_value(given);
    read.map_err(|_| problems.push(Problem::new(field, shown, bound))).ok()
}

#[pymethods]
impl Embedded {
    #[new]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        let start = || {
            let process = Process::current()?;
            let given = json::loose(WHAT, config)?;
            let config = typed::<EmbeddedInput>(WHAT, given)?.config()?;
            let server = py.detach(|| process.block_on(Server::start(config)))?;
            Ok(Self {
                process,
                urls: server.urls(),
                api_key: server.api_key(),
                api_secret: server.api_secret(),
                server: Here::new(process, Mutex::new(Some(server))),
            })
        };
        unwrapped(py, start())
    }

    /// Breaks or mends something now. `fault` is a `Fault`.
    fn inject(&self, py: Python<'_>, fault: &str) -> PyResult<()> {
        let inject = || {
            let fault: Fault = typed("fault", json::loose("fault", fault)?)?;
            let server = self.server.get()?.lock().unwrap_or_else(PoisonError::into_inner);
            let server = server.as_ref().ok_or_else(|| {
                Error::new(ErrorKind::Conflict, "the embedded cluster has been stopped")
            })?;
            server.with(|simulation| simulation.inject(&fault))
        };
        unwrapped(py, py.detach(inject))
    }

    /// Closes every port. Does nothing in a child of `fork`, whose parent has the cluster.
    fn stop(&self, py: Python<'_>) {
        let taken = |server: &Mutex<Option<Server>>| {
            server.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        if let Some(server) = self.server.get().ok().and_then(taken) {
            py.detach(|| self.process.block_on(server.stop()));
        }
    }
}

const WHAT: &str = "embedded cluster";
/// Characters of a bad value that an error shows.
const MAX_SHOWN: usize = 60;
