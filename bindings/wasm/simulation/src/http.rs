//! Requests from the page's `fetch`, and answers to them.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_sim::Answer;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the page wants to send.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// The place of the node, from 0; any that is up if left out.
    pub(crate) node: Option<usize>,
    method: String,
    /// Path and query.
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl PageRequest {
    /// The request as EMQX gets it.
    pub(crate) fn read(self) -> Result<Request<Vec<u8>>> {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.into_bytes()).map_err(|error| {
            Error::new(ErrorKind::ConfigInvalid, "this is no HTTP request").with("why", error)
        })
    }
}

/// What comes of a request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum PageAnswer {
    /// The node answered.
    Response {
        /// The status code.
        status: u16,
        /// Names in lower case, and values.
        headers: BTreeMap<String, String>,
        /// The whole body.
        body: String,
    },
    /// There is no connection, or it breaks off.
    Failed {
        /// What happened, in words.
        why: &'static str,
    },
    /// The answer takes its time.
    Waiting {
        /// To ask for it again.
        ticket: u32,
    },
}

impl PageAnswer {
    /// Reads `answer`; `keep` gives the number of one that has to be waited for.
    pub(crate) fn of(answer: Answer, keep: impl FnOnce(emqx_rebalance_sim::Ticket) -> u32) -> Self {
        match answer {
            Answer::Response(response) => Self::response(response),
            Answer::Waiting(ticket) => Self::Waiting { ticket: keep(ticket) },
            Answer::Unreachable => Self::Failed { why: "nothing listens there" },
            Answer::Truncated(_) => Self::Failed { why: "the answer broke off" },
            _ => Self::Failed { why: "the connection was closed" },
        }
    }

    fn response(response: Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = parts.headers.iter();
        Self::Response {
            status: parts.status.as_u16(),
            headers: headers.map(|(k, v)| (k.to_string(), text(v.as_bytes()))).collect(),
            body: text(&body),
        }
    }
}
