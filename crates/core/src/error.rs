//! One error for every language: a kind for programs, a message and context for people.

use crate::plain::repeated;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// What went wrong, as one word that is the same in every language and in Kubernetes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema), schemars(rename_all = "snake_case"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option, snapshot or plan that the caller gave is not valid. Nothing was sent.
    ConfigInvalid,
    /// The state of the cluster forbids the call: a foreign run, a plan that is out of date.
    Conflict,
    /// EMQX knows the caller but the key may not do this: its role or scopes are too narrow.
    Forbidden,
    /// An answer that is not EMQX's: HTML, truncated JSON, a body over the limit.
    Protocol,
    /// EMQX understood the request and said no.
    Refused,
    /// No answer within the time limit. Whether the request was carried out is not known.
    Timeout,
    /// The API key, secret or token is wrong, disabled or expired.
    Unauthorized,
    /// EMQX does not know a node that was named.
    UnknownNode,
    /// No connection: refused, reset, no such host, TLS failure.
    Unreachable,
    /// This version of EMQX has no such endpoint or field.
    Unsupported,
}

impl ErrorKind {
    /// Every kind, in the order of their words.
    pub const ALL: [Self; 10] = [
        Self::ConfigInvalid,
        Self::Conflict,
        Self::Forbidden,
        Self::Protocol,
        Self::Refused,
        Self::Timeout,
        Self::Unauthorized,
        Self::UnknownNode,
        Self::Unreachable,
        Self::Unsupported,
    ];

    /// The stable word: `config_invalid`, `conflict`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigInvalid => "config_invalid",
            Self::Conflict => "conflict",
            Self::Forbidden => "forbidden",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::UnknownNode => "unknown_node",
            Self::Unreachable => "unreachable",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether asking the same again later may help. A *start* is never repeated on this alone.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Protocol | Self::Timeout | Self::Unreachable)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One bad input: which field, what it held, and what it must be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Problem {
    /// Name of the option as the caller wrote it, such as `conn_evict_rate` or `nodes[2].node`.
    pub field: String,
    /// The value that was given, as text.
    pub value: String,
    /// What it must be, such as "a whole number from 1 to 4294967295".
    pub bound: String,
}

impl Problem {
    /// A problem with `field`, which held `value` but must be `bound`. Of a long value the beginning is kept.
    pub fn new(
        field: impl Into<String>,
        value: impl fmt::Display,
        bound: impl Into<String>,
    ) -> Self {
        let (field, value) = (repeated(&field.into()), repeated(&value.to_string()));
        Self { field, value, bound: bound.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is `{}` but must be {}", self.field, self.value, self.bound)
    }
}

/// The error of every fallible call.
///
/// Displays as one line: the message, then the problems or the context. As JSON it is
/// `{"kind", "message", "context": {..}, "problems"?: [{"field", "value", "bound"}], "retryable"}`.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: BTreeMap<String, String>,
    problems: Vec<Problem>,
    source: Option<Box<Error>>,
}

/// A [`std::result::Result`] with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`. The message is lower case, has no full stop and says what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            context: BTreeMap::new(),
            problems: Vec::new(),
            source: None,
        }))
    }

    /// Bad input, with every problem found. `what` names the thing, such as "strategy".
    ///
    /// The first problem is the context, so that programs find `field`, `value` and `bound` there.
    ///
    /// ```
    /// use emqx_rebalance_core::{Error, ErrorKind, Problem};
    ///
    /// let problem = Problem::new("settle_s", 0, "a whole number from 1 to 86400");
    /// let error = Error::invalid("driver options", vec![problem]);
    /// assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
    /// assert_eq!(error.problems()[0].field, "settle_s");
    /// ```
    pub fn invalid(what: &str, problems: Vec<Problem>) -> Self {
        let mut error = Self::new(ErrorKind::ConfigInvalid, format!("invalid {what}"));
        if let Some(first) = problems.first() {
            error = error
                .with("field", &first.field)
                .with("value", &first.value)
                .with("bound", &first.bound);
        }
        error.0.problems = problems;
        error
    }

    /// Adds one pair for people and programs, of plain text. Never put a secret here.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.0.context.insert(key.to_owned(), repeated(&value.to_string()));
        self
    }

    /// Takes the pair of `key` away, where there is one.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.context.remove(key);
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: Self) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone, without context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The context pairs.
    pub fn context(&self) -> &BTreeMap<String, String> {
        &self.0.context
    }

    /// Every bad input found, empty unless the kind is [`ErrorKind::ConfigInvalid`].
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// Whether asking the same again later may help; see [`ErrorKind::is_retryable`].
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if self.0.problems.is_empty() {
            for (i, (key, value)) in self.0.context.iter().enumerate() {
                write!(f, "{}{key}: `{value}`", if i == 0 { ", " } else { "; " })?;
            }
            return Ok(());
        }
        for (i, problem) in self.0.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Inner { kind, context, problems, .. } = &*self.0;
        let (kind, retryable) = (kind.as_str(), kind.is_retryable());
        ErrorInfo { kind, message: self.to_string(), context, problems, retryable }
            .serialize(serializer)
    }
}

/// What every error says, as it crosses the languages: the JSON of an [`Error`].
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ErrorInfo<'a> {
    /// What went wrong, as one stable word.
    #[cfg_attr(feature = "typescript", ts(as = "ErrorKind"))]
    kind: &'static str,
    /// One line for people: what is wrong, and every problem or detail.
    message: String,
    /// Details by name. Holds no secret.
    context: &'a BTreeMap<String, String>,
    /// Every bad input at once. Left out unless `kind` is `config_invalid`.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<Problem>>", optional))]
    problems: &'a [Problem],
    /// Whether asking the same again later may help.
    retryable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_every_problem_in_one_line() {
        let error = Error::invalid(
            "strategy",
            vec![
                Problem::new("conn_evict_rate", 0, "at least 1"),
                Problem::new("rel_conn_threshold", 1.0, "more than 1"),
            ],
        );
        assert_eq!(
            error.to_string(),
            "invalid strategy: `conn_evict_rate` is `0` but must be at least 1; \
             `rel_conn_threshold` is `1` but must be more than 1"
        );
        assert_eq!(error.context()["field"], "conn_evict_rate");
    }

    #[test]
    fn the_words_of_the_kinds_are_sorted_and_distinct() {
        let words: Vec<_> = ErrorKind::ALL.iter().map(|k| k.as_str()).collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(words, sorted);
    }

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
