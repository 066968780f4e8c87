//! The command `emqx-rebalance`, carried by the package.

use emqx_rebalance_cli::Program;
use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command line `args`, the command's name first, and returns its exit code. `program`
/// starts the command once more.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, args: Vec<OsString>, program: Vec<OsString>) -> u8 {
    py.detach(|| emqx_rebalance_cli::run(&args, &Program::new(program)).code())
}
