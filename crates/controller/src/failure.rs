//! Why a reconciliation came to nothing. It is tried again; no `Rebalance` fails by it.

use std::fmt;

/// Why a reconciliation came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The Kubernetes API did not do what it was asked.
    Api(kube::Error),
    /// Somebody has deleted the object, or wants its runs stopped, before a decision could be stored.
    CalledOff,
    /// The state could not be written as text.
    Encoding(std::io::Error),
    /// Another process has written the object's state: it drives the object now.
    Taken,
}

impl Failure {
    /// A stable word for metrics.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Api(_) => "api",
            Self::CalledOff => "called_off",
            Self::Encoding(_) => "encoding",
            Self::Taken => "taken",
        }
    }

    /// What the API server says if it refuses for good.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Api(error) => refusal(error),
            _ => None,
        }
    }

    /// What holds the object up, to be said on it: all but what passes by itself, such as an API server
    /// that is away or busy, a conflict, or a decision that came too late.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::CalledOff | Self::Taken => None,
            Self::Encoding(_) => Some(self.to_string()),
            Self::Api(error) if passes(error) => None,
            Self::Api(error) => {
                Some(refusal(error).map_or_else(|| error.to_string(), str::to_owned))
            }
        }
    }

    /// Whether rights are missing.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Api(error) if is_status(error, 403))
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        Self::Api(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Encoding(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => write!(f, "the Kubernetes API: {error}"),
            Self::CalledOff => f.write_str("it is to end, which was not known"),
            Self::Encoding(error) => write!(f, "the state cannot be written: {error}"),
            Self::Taken => f.write_str("another process drives this object now"),
        }
    }
}

impl std::error::Error for Failure {}

/// What the API server says if it refuses for good: rights are missing, or something is not valid.
/// Asking again comes to the same until somebody changes that.
pub(crate) fn refusal(error: &kube::Error) -> Option<&str> {
    match error {
        kube::Error::Api(status) if REFUSALS.contains(&status.code) => Some(&status.message),
        _ => None,
    }
}

/// Whether `error` may be over the next time.
fn passes(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => matches!(status.code, 404 | 408 | 409 | 410 | 429 | 500..),
        kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => true,
        _ => false,
    }
}

/// Whether the API server said `code`.
pub(crate) fn is_status(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}

/// Why an object waits whose way the Kubernetes API bars.
pub(crate) const REFUSED: &str = "KubernetesRefuses";
const REFUSALS: [u16; 4] = [400, 403, 413, 422];
