//! Answers of the HTTP API that go wrong.

use emqx_rebalance_core::NodeName;
use serde::{Deserialize, Serialize};

/// Which answers go wrong, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct HttpFault {
    /// How.
    pub failure: HttpFailure,
    /// Only those of this node. Default: of every node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
    /// Only of paths that contain this. Default: of every path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only so many. Default: until [`super::Fault::HttpMended`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HttpFailure {
    /// 500 with a stack trace of Erlang; nothing was done.
    ServerError,
    /// 503 of a proxy that reaches nobody; nothing was done.
    Unavailable,
    /// A proxy's page that wants a login; nothing was done.
    LoginPage,
    /// The connection is closed before EMQX reads the request; nothing was done.
    Dropped,
    /// The connection is closed; what was asked for was done.
    Reset,
    /// The answer never comes; what was asked for was done.
    NoAnswer,
    /// The answer breaks off in the middle; what was asked for was done.
    Truncated,
    /// The answer is of another content type, with a body to match; what was asked for was done.
    WrongContentType,
    /// The answer is larger than anything EMQX says; what was asked for was done.
    HugeBody,
}

impl HttpFailure {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ServerError,
        Self::Unavailable,
        Self::LoginPage,
        Self::Dropped,
        Self::Reset,
        Self::NoAnswer,
        Self::Truncated,
        Self::WrongContentType,
        Self::HugeBody,
    ];
}

impl HttpFault {
    /// Every answer fails in one way.
    pub fn new(failure: HttpFailure) -> Self {
        Self { failure, node: None, path: None, times: None }
    }

    /// Only answers of paths that contain `path`.
    #[must_use]
    pub fn of_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only the first `times` answers.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn concerns(&self, node: &str, path: &str) -> bool {
        self.node.as_ref().is_none_or(|own| own.as_str() == node)
            && self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
    }
}

/// The faults in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpFaults(pub(super) Vec<HttpFault>);

impl HttpFaults {
    /// How the answer of `node` to `path` goes wrong, if it does.
    pub(crate) fn take(&mut self, node: &str, path: &str) -> Option<HttpFailure> {
        let fault = self.0.iter_mut().find(|fault| fault.concerns(node, path))?;
        let failure = fault.failure;
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
        }
        self.0.retain(|fault| fault.times != Some(0));
        Some(failure)
    }

    pub(crate) fn in_force(&self) -> &[HttpFault] {
        &self.0
    }
}
