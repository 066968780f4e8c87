//! What becomes of a plan or an evacuation that nobody follows any more.

use super::state::StateFile;
use crate::exit::Exit;
use crate::output::Output;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{RunView, Status};

/// How far the starting is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Begun {
    /// No start was sent.
    Nothing,
    /// A start was sent whose answer is not there, or which EMQX does not show yet.
    InDoubt,
    /// EMQX has begun with all that was sent.
    Sent,
}

/// How far the starting of what `status` shows is.
pub(crate) fn begun(status: &Status) -> Begun {
    let are = |state: &str| status.runs.iter().filter(|run| is(run, state)).count();
    if are("pending") == status.runs.len() {
        Begun::Nothing
    } else if are("starting") > 0 {
        Begun::InDoubt
    } else {
        Begun::Sent
    }
}

/// How many of its starts were not sent, and of how many.
pub(crate) fn unsent(status: &Status) -> (usize, usize) {
    let pending = status.runs.iter().filter(|run| is(run, "pending")).count();
    (pending, status.runs.len())
}

/// The line that says how to go on with the state in `state`, for the sake of `what`.
pub(crate) fn how_to_resume(what: &str, state: Option<&StateFile>) -> String {
    state.map_or_else(String::new, |state| {
        let label = format!("{what}:");
        format!("  {label:<10} emqx-rebalance resume {}\n", state.path().display())
    })
}

/// `exit`, or a failure where the result could not be `written`: not the end that an error of the
/// output has elsewhere, which would say that nothing was started.
pub(crate) fn told(written: Result<()>, exit: Exit, output: Output) -> Exit {
    match written {
        Ok(()) => exit,
        Err(error) => {
            output.error(&error, Some(UNFOLLOWED));
            Exit::Failed
        }
    }
}

fn is(run: &RunView, state: &str) -> bool {
    run.state.as_str() == state
}

pub(crate) const NOTHING: &str = "Nothing was started.\n";
pub(crate) const IN_DOUBT: &str = "It is not known whether EMQX has begun.\n";
pub(crate) const UNFOLLOWED: &str =
    "EMQX has what was sent to it: `emqx-rebalance status` shows what runs";
