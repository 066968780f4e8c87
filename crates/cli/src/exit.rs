//! Exit codes.

use emqx_rebalance_core::driver::Outcome;
use emqx_rebalance_core::{Error, ErrorKind};
use std::process::ExitCode;

/// How the command ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Done, or nothing had to be done.
    Done = 0,
    /// It failed, was refused by EMQX, was not confirmed, or was left before there was a verdict.
    Failed = 1,
    /// Wrong usage or bad input.
    Usage = 2,
    /// The cluster cannot be reached, or does not allow it.
    NoAccess = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Exit {
    /// The exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The end that an error means.
    pub(crate) fn of_error(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::ConfigInvalid | ErrorKind::UnknownNode => Self::Usage,
            ErrorKind::Conflict | ErrorKind::Refused => Self::Failed,
            _ => Self::NoAccess,
        }
    }

    /// The end that a verdict means.
    pub(crate) fn of_outcome(outcome: &Outcome) -> Self {
        let is_denied = |kind: &str| NO_ACCESS.iter().any(|denied| denied.as_str() == kind);
        match &outcome.cause {
            _ if outcome.result.is_success() => Self::Done,
            Some(cause) if is_denied(&cause.kind) => Self::NoAccess,
            _ => Self::Failed,
        }
    }
}

const NO_ACCESS: [ErrorKind; 5] = [
    ErrorKind::Forbidden,
    ErrorKind::Unauthorized,
    ErrorKind::Unreachable,
    ErrorKind::Timeout,
    ErrorKind::Protocol,
];
