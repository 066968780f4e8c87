//! Asks before something happens.

use crate::output::Output;
use emqx_rebalance_core::{Error, ErrorKind, Result};

/// Refuses to go on where nobody said yes and nobody can be asked.
///
/// # Errors
/// `config_invalid`.
pub(crate) fn require(yes: bool, output: Output) -> Result<()> {
    if yes || output.can_ask() {
        return Ok(());
    }
    let message =
        "nobody can be asked without a terminal: give --yes to go on; nothing was started";
    Err(Error::new(ErrorKind::ConfigInvalid, message))
}

/// Asks, unless the answer was given.
///
/// # Errors
/// If the answer cannot be read.
pub(crate) fn ask(yes: bool, question: &str, output: Output) -> Result<bool> {
    if yes || output.ask(question)? {
        return Ok(true);
    }
    output.say("Nothing was started.\n");
    Ok(false)
}
