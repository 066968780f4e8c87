//! For programs with an HTTP client of their own: what to send goes out, what came back comes in.

use crate::access::AccessInput;
use crate::error::{raised, unwrapped};
use crate::json;
use emqx_rebalance_core::{
    Error, EvacuationPlan, EvacuationRequest, Plan, PlanRequest, Result, StartRequest,
};
use emqx_rebalance_exchange::Access;
use emqx_rebalance_exchange::sansio::{
    Cluster, HttpAnswer, HttpRequest, Run, RunInput, Talk as Inner,
};
use pyo3::prelude::*;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A cluster that is asked through its host.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Exchange {
    cluster: Cluster,
}

#[pymethods]
impl Exchange {
    #[new]
    fn new(py: Python<'_>, access: &str) -> PyResult<Self> {
        let read =
            || Cluster::new(Access::try_from(json::value::<AccessInput>("cluster", access)?)?);
        read().map(|cluster| Self { cluster }).map_err(|error| raised(py, &error))
    }

    /// Finds out which API answers.
    fn connect(&self) -> Talk {
        Talk::new(self.cluster.connect())
    }

    /// Every node's load.
    fn snapshot(&self) -> Talk {
        Talk::new(self.cluster.snapshot())
    }

    /// What runs.
    fn status(&self) -> Talk {
        Talk::new(self.cluster.status())
    }

    /// Plans for the cluster as it is. `request` is a `PlanRequest`.
    fn plan(&self, py: Python<'_>, request: &str) -> PyResult<Talk> {
        let request = json::request(request, |from| PlanRequest::read(from));
        Ok(Talk::new(self.cluster.plan(request.map_err(|error| raised(py, &error))?)))
    }

    /// Plans to empty a node. `request` is an `EvacuationRequest`.
    fn plan_evacuation(&self, py: Python<'_>, request: &str) -> PyResult<Talk> {
        let request = json::request(request, |from| EvacuationRequest::read(from));
        Ok(Talk::new(self.cluster.plan_evacuation(request.map_err(|error| raised(py, &error))?)))
    }

    /// The evacuations that go on.
    fn evacuations(&self) -> Talk {
        Talk::new(self.cluster.evacuations())
    }

    /// Lets a node serve again; whether it did not.
    fn stop_evacuation(&self, py: Python<'_>, node: &str) -> PyResult<Talk> {
        let node = json::node(node).map_err(|error| raised(py, &error))?;
        Ok(Talk::new(self.cluster.stop_evacuation(node)))
    }

    /// Stops the run of `coordinator`, or every run; which were stopped.
    fn stop(&self, py: Python<'_>, coordinator: Option<&str>) -> PyResult<Talk> {
        let coordinator = coordinator.map(json::node).transpose();
        Ok(Talk::new(self.cluster.stop(coordinator.map_err(|error| raised(py, &error))?)))
    }

    /// Begins a plan. `request` is a `StartRequest<Plan>`.
    fn start(&self, py: Python<'_>, request: &str) -> PyResult<Driver> {
        let driver = json::request(request, |from| StartRequest::<Plan>::read(from)?.driver());
        self.drive(py, driver)
    }

    /// Empties a node. `request` is a `StartRequest<EvacuationPlan>`.
    fn evacuate(&self, py: Python<'_>, request: &str) -> PyResult<Driver> {
        let driver =
            json::request(request, |from| StartRequest::<EvacuationPlan>::read(from)?.driver());
        self.drive(py, driver)
    }

    /// Goes on from a stored state.
    fn resume(&self, py: Python<'_>, state: &str) -> PyResult<Driver> {
        self.drive(py, json::restored(state))
    }
}

impl Exchange {
    fn drive(
        &self,
        py: Python<'_>,
        driver: Result<emqx_rebalance_core::driver::Driver>,
    ) -> PyResult<Driver> {
        let run = driver.and_then(|driver| self.cluster.drive(driver));
        run.map(|run| Driver(Mutex::new(run))).map_err(|error| raised(py, &error))
    }
}

/// One question to a cluster.
#[pyclass(frozen, module = "emqx_rebalance._native")]
pub(crate) struct Talk(Mutex<Box<dyn Question>>);

impl Talk {
    fn new(talk: impl Question + 'static) -> Self {
        Self(Mutex::new(Box::new(talk)))
    }
}

#[pymethods]
impl Talk {
    /// Takes the time and answers; gives `{"requests", "wake_at_ms", "result"?, "error"?}`.
    fn step(&self, py: Python<'_>, now_ms: u64, answers: &str) -> PyResult<String> {
        let work = || {
            let answers = json::value::<Vec<HttpAnswer>>("answers", answers)?;
            Ok(locked(&self.0).step(now_ms, answers))
        };
        unwrapped(py, py.detach(work))
    }
}

/// A question, whatever it asks.
trait Question: Send {
    fn step(&mut self, now_ms: u64, answers: Vec<HttpAnswer>) -> String;
}

#[derive(Serialize)]
struct Answered<T> {
    requests: Vec<HttpRequest>,
    wake_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

impl<T: Serialize> Question for Inner<T> {
    fn step(&mut self, now_ms: u64, answers: Vec<HttpAnswer>) -> String {
        let step = Self::step(self, now_ms, answers);
        let (result, error) = match step.result {
            Some(Ok(result)) => (Some(result), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let (requests, wake_at_ms) = (step.requests, step.wake_at_ms);
        json::text(&Answered { requests, wake_at_ms, result, error })
    }
}

/// A plan or an evacuation on its way, driven by its host.
#[pyclass(frozen, module = "emqx_rebalance._native")]
pub(crate) struct Driver(Mutex<Run>);

#[pymethods]
impl Driver {
    /// Takes the time and `{"answers", "stop"}`; gives `{"requests", "events", "wake_at_ms"}`.
    fn step(&self, py: Python<'_>, now_ms: u64, given: &str) -> PyResult<String> {
        let work = || {
            let input = json::value::<RunInput>("input", given)?;
            Ok(json::text(&locked(&self.0).step(now_ms, input)))
        };
        unwrapped(py, py.detach(work))
    }

    /// All that it knows.
    fn state(&self) -> String {
        json::text(locked(&self.0).driver())
    }

    /// Where it stands.
    fn status(&self) -> String {
        json::text(&locked(&self.0).status())
    }

    /// The verdict, once there is one.
    fn outcome(&self) -> Option<String> {
        locked(&self.0).outcome().map(json::text)
    }

    /// What is worth keeping, once there is a verdict.
    fn record(&self) -> Option<String> {
        locked(&self.0).record().as_ref().map(json::text)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
