//! For programs with an HTTP client of their own: what to send goes out, what came back comes in.

use crate::json::{self, unwrapped};
use emqx_rebalance_exchange::sansio::{self, Cluster, HttpAnswer, RunInput};
use emqx_rebalance_exchange::{Access, Dialect, Nowhere, Question, Reply, job};
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A cluster that is asked through its host.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Exchange(Cluster);

#[pymethods]
impl Exchange {
    #[new]
    fn new(py: Python<'_>, access: &str) -> PyResult<Self> {
        let read = || {
            let access = json::loose("cluster", access)?;
            Cluster::new(Access::read(access, Dialect::PYTHON, &Nowhere)?)
        };
        unwrapped(py, read().map(Self))
    }

    /// Asks a question: one of `Question::VERBS`, and the JSON that it is about.
    fn ask(&self, py: Python<'_>, verb: &str, given: &str) -> PyResult<Talk> {
        let question = || Question::read(verb, json::loose("request", given)?);
        unwrapped(py, question().map(|question| Talk(Mutex::new(self.0.ask(question)))))
    }

    /// Drives what `verb` begins: `start`, `start_evacuation` or `resume`, and the JSON that it takes.
    fn run(&self, py: Python<'_>, verb: &str, given: &str) -> PyResult<Driver> {
        let run = || self.0.drive(job(verb, json::loose("request", given)?)?);
        unwrapped(py, run().map(|run| Driver(Mutex::new(run))))
    }
}

/// One question to a cluster.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Talk(Mutex<sansio::Talk<Reply>>);

#[pymethods]
impl Talk {
    /// Takes the time and answers; gives `{"requests", "wake_at_ms", "result"?, "error"?}`.
    fn step(&self, py: Python<'_>, now_ms: u64, answers: &str) -> PyResult<String> {
        let work = || {
            let answers = json::value::<Vec<HttpAnswer>>("answers", answers)?;
            Ok(json::text(&locked(&self.0).step(now_ms, answers)))
        };
        unwrapped(py, py.detach(work))
    }
}

/// A plan or an evacuation on its way, driven by its host.
#[pyclass(frozen, module = "emqx_rebalance._native")]
#[derive(Debug)]
pub(crate) struct Driver(Mutex<sansio::Run>);

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
