//! What needs no cluster.

use crate::json::{self, raised, unwrapped};
use emqx_rebalance_cli::{evacuation_text, plan_text, status_text};
use emqx_rebalance_core::driver::{
    DriverState, Outcome, Record, Status, StoredEvacuation, StoredRebalance,
};
use emqx_rebalance_core::{
    Error, ErrorKind, EvacuationPlan, EvacuationRequest, NodeLoad, NodeName, Options, Plan,
    PlanRequest, ReconnectProfile, Result, Snapshot, Strategy, Tolerance, typed,
};
use emqx_rebalance_exchange::job;
use emqx_rebalance_report::report_of_record;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Plans. `request` is a `PlanRequest`.
#[pyfunction]
pub(crate) fn plan(py: Python<'_>, request: &str) -> PyResult<String> {
    let work = || PlanRequest::read(json::loose("request", request)?)?.plan();
    unwrapped(py, py.detach(|| work().map(|plan| json::text(&plan))))
}

/// Plans to empty a node. `request` is an `EvacuationRequest`.
#[pyfunction]
pub(crate) fn plan_evacuation(py: Python<'_>, request: &str) -> PyResult<String> {
    let work = || EvacuationRequest::read(json::loose("request", request)?)?.plan();
    unwrapped(py, py.detach(|| work().map(|plan| json::text(&plan))))
}

/// A value as the core reads it: checked, with everything that was left out.
#[pyfunction]
pub(crate) fn checked(py: Python<'_>, what: &str, value: &str) -> PyResult<String> {
    let work = || match what {
        "snapshot" => options::<Snapshot>(what, value),
        "strategy" => options::<Strategy>(what, value),
        "reconnect profile" => options::<ReconnectProfile>(what, value),
        "node" => NodeLoad::read(json::loose(what, value)?).map(|read| json::text(&read)),
        "plan" => again::<Plan>(what, value),
        "evacuation plan" => again::<EvacuationPlan>(what, value),
        "status" => again::<Status>(what, value),
        "outcome" => again::<Outcome>(what, value),
        "record" => again::<Record>(what, value),
        "state" => stored::<StoredRebalance>(what, value),
        "evacuation state" => stored::<StoredEvacuation>(what, value),
        _ => Err(Error::new(ErrorKind::ConfigInvalid, "nothing that is known by this name")
            .with("what", what)),
    };
    unwrapped(py, py.detach(work))
}

fn options<T: Options + Serialize>(what: &str, text: &str) -> Result<String> {
    T::read(json::loose(what, text)?).map(|read| json::text(&read))
}

fn again<T: DeserializeOwned + Serialize>(what: &str, text: &str) -> Result<String> {
    typed::<T>(what, json::loose(what, text)?).map(|value| json::text(&value))
}

fn stored<T: DeserializeOwned + Into<DriverState>>(what: &str, text: &str) -> Result<String> {
    typed::<T>(what, json::loose(what, text)?).map(|state| json::text(&state.into()))
}

/// Whether what `verb` is given can be begun at all, before a cluster is asked for it.
#[pyfunction]
pub(crate) fn check_job(py: Python<'_>, verb: &str, given: &str) -> PyResult<()> {
    let work = || job(verb, json::loose("request", given)?).map(drop);
    unwrapped(py, py.detach(work))
}

/// A value as the command prints it.
#[pyfunction]
pub(crate) fn text(py: Python<'_>, what: &str, value: &str) -> PyResult<String> {
    let work = || match what {
        "plan" => json::value(what, value).map(|plan| plan_text(&plan)),
        "evacuation plan" => json::value(what, value).map(|plan| evacuation_text(&plan)),
        _ => json::value(what, value).map(|status| status_text(&status)),
    };
    unwrapped(py, py.detach(work))
}

/// The page about what has ended. `record` is a `Record`, `wishes` are the report's.
#[pyfunction]
pub(crate) fn report(py: Python<'_>, record: &str, wishes: &str) -> PyResult<String> {
    let work = || {
        let record = typed("record", json::loose("record", record)?)?;
        report_of_record(&record, &json::value("report", wishes)?)
    };
    unwrapped(py, py.detach(work))
}

/// The names of nodes in so many characters; see the core's `short_names`.
#[pyfunction]
pub(crate) fn short_names(
    py: Python<'_>,
    nodes: Vec<String>,
    width: usize,
) -> PyResult<Vec<String>> {
    let named = |name| NodeName::new(name).map_err(|problem| Error::invalid("node", vec![problem]));
    let names = nodes.into_iter().map(named).collect::<Result<Vec<_>>>();
    unwrapped(py, names.map(|names| emqx_rebalance_core::short_names(&names, width)))
}

/// Whether a plan can still be started on the cluster of a snapshot.
#[pyfunction]
pub(crate) fn fits(
    py: Python<'_>,
    plan: &str,
    snapshot: &str,
    now_ms: u64,
    tolerance: f64,
    max_age_s: u64,
) -> PyResult<()> {
    let work = || {
        let tolerance = Tolerance::new(tolerance, max_age_s)?;
        let mut plan: Plan = typed("plan", json::loose("plan", plan)?)?;
        // One that was made offline has no age: its counts alone say whether it fits.
        plan.fingerprint.made_at_ms.get_or_insert(now_ms);
        plan.check_fits(&Snapshot::read(json::loose("snapshot", snapshot)?)?, now_ms, &tolerance)
    };
    py.detach(work).map_err(|error| raised(py, &error))
}

/// Every kind of error, and whether asking again may help.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(&'static str, bool)> {
    ErrorKind::ALL.iter().map(|kind| (kind.as_str(), kind.is_retryable())).collect()
}
