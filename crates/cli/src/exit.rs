//! Exit codes and hints.

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

/// What to try after an error.
pub(crate) fn hint(error: &Error) -> Option<&'static str> {
    let told = |key: &str| error.context().get(key).map_or("", String::as_str);
    let cause = told("cause");
    // The message of what TLS refuses, and of what EMQX does not take from others than API keys, says
    // already what to do.
    if !["", "not_tls"].contains(&told("tls")) {
        return None;
    }
    Some(match error.kind() {
        ErrorKind::Unreachable if cause.contains("certificate") => {
            "give --ca-cert FILE, the authority that signed EMQX's certificate for this host"
        }
        ErrorKind::Unreachable if told("tls") == "not_tls" => {
            "nobody speaks TLS there: check whether --url must begin with http://"
        }
        ErrorKind::Unauthorized if ["login", "token"].contains(&told("credentials")) => {
            return None;
        }
        ErrorKind::Unauthorized => {
            "check --api-key and its secret (--api-secret-file or EMQX_API_SECRET)"
        }
        ErrorKind::Forbidden => {
            "give the API key the administrator role and the cluster-operations scope"
        }
        ErrorKind::Unreachable => "check --url, and that the HTTP API (port 18083) can be reached",
        ErrorKind::Timeout => "the nodes that were asked may hang: --url can name others",
        ErrorKind::Protocol => {
            "check that --url is the base of EMQX's HTTP API, such as http://10.0.0.1:18083"
        }
        ErrorKind::Unsupported => "rebalancing needs EMQX 5.1 or later, or Enterprise 4.4.12",
        ErrorKind::UnknownNode => "`emqx-rebalance status` lists the nodes",
        _ => return None,
    })
}

const NO_ACCESS: [ErrorKind; 5] = [
    ErrorKind::Forbidden,
    ErrorKind::Unauthorized,
    ErrorKind::Unreachable,
    ErrorKind::Timeout,
    ErrorKind::Protocol,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_not_trusted_leads_to_its_flag() {
        let error = Error::new(ErrorKind::Unreachable, "cannot connect");
        let of = |cause: &str| hint(&error.clone().with("cause", cause)).unwrap();
        assert!(of("invalid peer certificate: UnknownIssuer").contains("--ca-cert"));
        assert!(of("Connection refused (os error 111)").contains("--url"));
    }
}
