//! One line of a diagnosis.

use crate::error::Error;
use crate::node::NodeName;
use serde::Serialize;

/// Every check, in the order in which one would look into them. As JSON `{"checks": [..]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub check: CheckName,
    /// How it is.
    pub state: CheckState,
    /// The node it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
    /// What was seen, for people.
    pub detail: String,
    /// What to do next. A host that has words of its own for `cause` adds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The error it comes from.
    #[serde(skip)]
    pub cause: Option<Error>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// It cannot be known from here.
    Unknown,
    /// It does not forbid a start, but should be known before one.
    Warning,
    /// Nothing should be started before it is mended, or can be.
    Problem,
}

/// What is looked at, as a stable word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckName {
    /// Whether a node of this cluster answers at a given URL.
    Url,
    /// How far the clock of a node is from ours.
    Clock,
    /// Whether EMQX takes the key, the token or the login, and lets it read.
    Key,
    /// Whether who asks may start something.
    Permission,
    /// Whether a node runs.
    Node,
    /// Which version the nodes have, and whether it can rebalance.
    Version,
    /// Which edition of EMQX it is.
    Edition,
    /// Which nodes are cores and which replicants.
    Roles,
    /// Whether a rebalance or an evacuation runs.
    Running,
    /// Whether a node answers the health checks of load balancers.
    HealthCheck,
    /// Whether it is known how clients come back.
    Reconnects,
    /// What one EMQX rebalance would do, or why it would be refused.
    StartSingle,
    /// What a level plan would do, or why it would be refused.
    StartLevel,
    /// What to know before a start.
    Finding,
}

impl Diagnosis {
    /// The worst state of all checks. [`CheckState::Ok`] if there are none.
    pub fn worst(&self) -> CheckState {
        self.checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Ok)
    }

    /// How many checks came out as `state`.
    pub fn count(&self, state: CheckState) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }
}

impl Check {
    pub(super) fn new(check: CheckName, state: CheckState, detail: impl Into<String>) -> Self {
        Self { check, state, node: None, detail: detail.into(), hint: None, cause: None }
    }

    pub(super) fn ok(check: CheckName, detail: impl Into<String>) -> Self {
        Self::new(check, CheckState::Ok, detail)
    }

    /// A check that `error` speaks for.
    pub(super) fn because(check: CheckName, state: CheckState, error: &Error) -> Self {
        Self { cause: Some(error.clone()), ..Self::new(check, state, said(error)) }
    }

    pub(super) fn about(self, node: &NodeName) -> Self {
        Self { node: Some(node.clone()), ..self }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What `error` says to people: what it says to programs is long.
pub(super) fn said(error: &Error) -> String {
    match error.context().get("cause") {
        Some(cause) => format!("{} ({cause})", error.message()),
        None => error.message().to_owned(),
    }
}

impl CheckName {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Clock => "clock",
            Self::Key => "key",
            Self::Permission => "permission",
            Self::Node => "node",
            Self::Version => "version",
            Self::Edition => "edition",
            Self::Roles => "roles",
            Self::Running => "running",
            Self::HealthCheck => "health_check",
            Self::Reconnects => "reconnects",
            Self::StartSingle => "start_single",
            Self::StartLevel => "start_level",
            Self::Finding => "finding",
        }
    }
}

impl CheckState {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}
