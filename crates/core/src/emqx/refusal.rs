//! EMQX's ways to say no, and the answers to starts and stops.

use crate::error::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

/// The answer to the start of a rebalance or an evacuation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum StartAnswer {
    /// EMQX began. Every node shows it at once.
    Started,
    /// EMQX said no. See [`Refusal::may_have_happened`] before repeating the start.
    Refused(Refusal),
}

/// The answer to the stop of a rebalance or an evacuation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum StopAnswer {
    /// EMQX stopped it. What was moved stays where it is.
    Stopped,
    /// There was nothing to stop.
    NotStarted,
    /// EMQX said no.
    Refused(Refusal),
}

/// A request that EMQX understood and did not carry out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Refusal {
    /// Why, in this crate's words.
    #[serde(flatten)]
    pub reason: RefusalReason,
    /// The HTTP status. EMQX 4 refuses with 200.
    pub status: u16,
    /// EMQX's own text, in one line of at most 500 characters.
    pub text: String,
}

/// Why EMQX said no.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum RefusalReason {
    /// The coordinator already runs a rebalance, or the node an evacuation.
    AlreadyStarted,
    /// EMQX does not take an option or its value.
    BadOption {
        /// EMQX's name of the option; empty if the text does not say it.
        option: String,
        /// The value that EMQX saw, as it writes it.
        value: String,
        /// What EMQX says about it, such as `expected pos_integer()` or `unknown_fields`.
        why: String,
    },
    /// A node belongs to another rebalance or evacuation.
    ///
    /// Costs the coordinator one of the 10 crashes per hour after which EMQX gives up for good.
    EvictionAgentBusy {
        /// The nodes that are busy.
        nodes: Vec<String>,
    },
    /// EMQX failed in the middle of it.
    Failed,
    /// EMQX has never heard of these nodes.
    InvalidNodes {
        /// The nodes, as EMQX names them.
        nodes: Vec<String>,
    },
    /// The node in the path is unknown or down.
    NodeNotFound {
        /// The node, as EMQX names it.
        node: String,
    },
    /// These nodes are down, evacuate, or are donors already.
    NodesUnavailable {
        /// The nodes, as EMQX names them.
        nodes: Vec<String>,
    },
    /// EMQX's rebalance application does not run on a node: it still boots, or it gave up after
    /// 10 crashes in an hour, and then only a restart of the node helps.
    NotRunning {
        /// The nodes that EMQX blames, if it says so: not always the coordinator.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        nodes: Vec<String>,
    },
    /// There is nothing to stop.
    NotStarted,
    /// Every node is a donor, or the averages are within the thresholds.
    NothingToBalance,
    /// A reason that this crate does not know; see the text.
    Other,
    /// A node did not answer the coordinator, or answered with an error.
    RpcFailed {
        /// The nodes that EMQX blames, if it says so.
        nodes: Vec<String>,
    },
}

impl RefusalReason {
    /// The stable word, as in the JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AlreadyStarted => "already_started",
            Self::BadOption { .. } => "bad_option",
            Self::EvictionAgentBusy { .. } => "eviction_agent_busy",
            Self::Failed => "failed",
            Self::InvalidNodes { .. } => "invalid_nodes",
            Self::NodeNotFound { .. } => "node_not_found",
            Self::NodesUnavailable { .. } => "nodes_unavailable",
            Self::NotRunning { .. } => "not_running",
            Self::NotStarted => "not_started",
            Self::NothingToBalance => "nothing_to_balance",
            Self::Other => "other",
            Self::RpcFailed { .. } => "rpc_failed",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadOption { .. } => ErrorKind::ConfigInvalid,
            Self::InvalidNodes { .. } | Self::NodeNotFound { .. } => ErrorKind::UnknownNode,
            _ => ErrorKind::Refused,
        }
    }

    fn message(&self) -> &'static str {
        match self {
            Self::AlreadyStarted => "the node already runs one: watch it, or stop it first",
            Self::BadOption { .. } => "EMQX does not take an option",
            Self::EvictionAgentBusy { .. } => {
                "a node belongs to another rebalance or evacuation: wait for its end, or stop it first"
            }
            Self::Failed => {
                "EMQX failed in the middle of it: look at its state before trying again"
            }
            Self::InvalidNodes { .. } => "EMQX does not know a node",
            Self::NodeNotFound { .. } => "EMQX does not know the node, or it is down",
            Self::NodesUnavailable { .. } => {
                "a node is down, evacuates, or is a donor already: leave it out"
            }
            Self::NotRunning { .. } => {
                "EMQX's rebalance application does not run on a node: it is still booting, \
                 or needs a restart of the node after too many failed starts"
            }
            Self::NotStarted => "there is nothing to stop on this node: name the coordinator",
            Self::NothingToBalance => "EMQX finds nothing to balance",
            Self::Other => "EMQX refused",
            Self::RpcFailed { .. } => {
                "a node did not answer the coordinator: look at the state before trying again"
            }
        }
    }

    fn nodes(&self) -> Option<String> {
        match self {
            Self::EvictionAgentBusy { nodes }
            | Self::InvalidNodes { nodes }
            | Self::NodesUnavailable { nodes }
            | Self::NotRunning { nodes }
            | Self::RpcFailed { nodes } => (!nodes.is_empty()).then(|| nodes.join(", ")),
            Self::NodeNotFound { node } => Some(node.clone()),
            _ => None,
        }
    }
}

impl Refusal {
    /// Whether EMQX may have carried the request out all the same, so that its state must be read
    /// before anything else: its RPCs give up after 15 s while the work may take 45 s (5.9 to 6.x).
    pub fn may_have_happened(&self) -> bool {
        matches!(self.reason, RefusalReason::RpcFailed { .. } | RefusalReason::Failed)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let Refusal { reason, status, text } = refusal;
        let mut error = Self::new(reason.kind(), reason.message())
            .with("reason", reason.as_str())
            .with("status", status)
            .with("emqx", text);
        if let Some(nodes) = reason.nodes() {
            error = error.with("nodes", nodes);
        }
        if let RefusalReason::BadOption { option, value, why } = reason {
            error = error.with("field", option).with("value", value).with("bound", why);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_error_with_emqx_s_own_text() {
        let refusal = Refusal {
            reason: RefusalReason::NodesUnavailable { nodes: vec!["a@b".into(), "c@d".into()] },
            status: 400,
            text: "Nodes unavailable: ['a@b','c@d']".into(),
        };
        assert!(!refusal.may_have_happened());
        let json = serde_json::to_value(&refusal).unwrap();
        assert_eq!(json["reason"], "nodes_unavailable");
        assert_eq!(serde_json::from_value::<Refusal>(json).unwrap(), refusal);
        let error = Error::from(refusal);
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.context()["nodes"], "a@b, c@d");
        assert_eq!(error.context()["emqx"], "Nodes unavailable: ['a@b','c@d']");
    }

    #[test]
    fn the_words_are_those_of_the_json() {
        for reason in [
            RefusalReason::AlreadyStarted,
            RefusalReason::EvictionAgentBusy { nodes: vec![] },
            RefusalReason::Failed,
            RefusalReason::NotRunning { nodes: vec![] },
            RefusalReason::NotStarted,
            RefusalReason::NothingToBalance,
            RefusalReason::Other,
            RefusalReason::RpcFailed { nodes: vec![] },
        ] {
            assert_eq!(serde_json::to_value(&reason).unwrap()["reason"], reason.as_str());
        }
    }
}
