//! What to know before starting, as data.

use crate::node::NodeName;
use serde::{Deserialize, Serialize};

/// One thing to know before starting.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is, for programs.
    pub code: FindingCode,
    /// What it is and what to do, for people.
    pub message: String,
    /// The node it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Starting would do harm or fail; `start` refuses unless forced.
    Error,
    /// Starting may do less, or cost more, than expected.
    Warning,
    /// Good to know.
    Info,
}

/// What a finding is, as a stable word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingCode {
    /// Donors refuse clients for the whole health-check wait (EMQX before 5.4.0 and 4.4.24).
    ClosedWhileWaiting,
    /// The donors are closed in groups, one after the other, since `max_unavailable` allows no more at once.
    DonorGroups,
    /// EMQX counts sessions that the whole cluster stores durably as the node's (5.8 and later).
    DurableSessions,
    /// A node is being evacuated.
    EvacuationInProgress,
    /// The first wave leaves the fullest node fuller than it is; a later one mends that.
    FullerAtFirst,
    /// The thresholds end the run with a node more than 10 % over the mean.
    LaxThresholds,
    /// A node is left out because it has another role than the others.
    LeftOutByRole,
    /// The load balancer's policy was not given, so the plan is one for all.
    LoadBalancerUnknown,
    /// The nodes to balance are cores and replicants.
    MixedRoles,
    /// Nodes up to 5.2 and from 5.3 on in one cluster: taking over a session can crash.
    MixedVersions,
    /// Load balancers get no time to notice that the donors are closed.
    NoHealthCheckWait,
    /// A node is stopped.
    NodeDown,
    /// A node belongs to the cluster and does not answer: its counts are not known.
    NodeUnknown,
    /// No node accepts the clients, or the sessions, of the node to evacuate.
    NoOpenNode,
    /// One run is as good as several.
    OneRunEnough,
    /// One recipient takes every client that the donors drop.
    OneRecipient,
    /// One tick moves so many clients that the recipients end fuller than the donors were.
    Overshoot,
    /// A node would get more clients than it can hold.
    RecipientFull,
    /// More clients come back per second than the options allow.
    ReconnectRate,
    /// How clients come back was learned in an earlier rebalance of this cluster.
    ReconnectsRemembered,
    /// `redirect_to` does nothing over HTTP on EMQX 5 and 6.
    RedirectIgnored,
    /// An evacuation goes on when the node restarts, until it is stopped.
    RestartKeepsEvacuating,
    /// A rebalance is running already.
    RunInProgress,
    /// EMQX counts sessions of absent clients as clients (4.4.12 to 4.4.18).
    SessionsCounted,
    /// Sessions are lost in an evacuation by this EMQX.
    SessionsLost,
    /// Disconnected sessions stay uneven, since EMQX moves them from donors alone.
    SessionsStay,
    /// The load balancer sends each client to a node of its own, so that nothing stays level.
    StickyBalancer,
    /// A node that restarts while it is evacuated does not boot (EMQX before 5.7).
    StopBeforeRestart,
    /// The plan takes longer than the options allow.
    TooLong,
    /// A node's EMQX has no usable `load_rebalance`.
    UnsupportedVersion,
    /// An option that this EMQX refuses.
    UnsupportedOption,
    /// The version of a node is not known, so what it can do is not checked.
    VersionUnknown,
}

impl Finding {
    /// A finding about the plan as a whole.
    pub fn new(severity: Severity, code: FindingCode, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), node: None }
    }

    /// The same, about `node`.
    #[must_use]
    pub fn about(mut self, node: &NodeName) -> Self {
        self.node = Some(node.clone());
        self
    }

    /// Those that forbid a start before all others, which keep their order.
    pub(crate) fn errors_first(mut findings: Vec<Self>) -> Vec<Self> {
        findings.sort_by_key(|finding| finding.severity);
        findings
    }
}
