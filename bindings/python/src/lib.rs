//! The native half of the Python package `emqx_rebalance`: convert, call, convert.
//!
//! Values cross as JSON text, in the core's shapes: the package makes typed values of it. Work that
//! waits is a [`task::Task`], which Python waits for in its own way, blocking or in an event loop.

mod cluster;
mod embedded;
mod json;
mod offline;
mod run;
mod sansio;
mod task;

use emqx_rebalance_cli::Program;
use pyo3::prelude::*;
use std::ffi::OsString;

// Where there is no lock, Python brings it back for this module: without it nothing was tried.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use crate::cluster::Cluster;
    #[pymodule_export]
    use crate::command;
    #[pymodule_export]
    use crate::embedded::Embedded;
    #[pymodule_export]
    use crate::offline::{
        check_job, checked, error_kinds, fits, plan, plan_evacuation, report, short_names, text,
    };
    #[pymodule_export]
    use crate::run::Run;
    #[pymodule_export]
    use crate::sansio::{Driver, Exchange, Talk};
    #[pymodule_export]
    use crate::task::{Task, close};
}

/// Runs the command line `args`, the command's name first, and returns its exit code. `program`
/// starts the command once more.
#[pyfunction]
fn command(py: Python<'_>, args: Vec<OsString>, program: Vec<OsString>) -> u8 {
    py.detach(|| emqx_rebalance_cli::run(&args, &Program::new(program)).code())
}
