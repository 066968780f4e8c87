//! Asks before something happens.

use crate::output::Output;
use emqx_rebalance_core::{Error, ErrorKind, Finding, Result};

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

/// Refuses a plan with an `error`, unless that is what the user wants.
///
/// # Errors
/// `conflict`.
pub(crate) fn sound(error: Option<&Finding>, force: bool) -> Result<()> {
    match error {
        Some(finding) if !force => {
            let message = &finding.message;
            let text = format!("nothing was started: {message} (--force starts all the same)");
            Err(Error::new(ErrorKind::Conflict, text))
        }
        _ => Ok(()),
    }
}

/// Asks, unless the answer was given.
///
/// # Errors
/// If the answer cannot be read.
pub(crate) fn ask(yes: bool, question: &str, output: Output) -> Result<bool> {
    if yes || output.ask(question)? {
        return Ok(true);
    }
    output.tell("Nothing was started.\n");
    Ok(false)
}
