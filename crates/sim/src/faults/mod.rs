//! What can be broken on request, as data: in a configuration's schedule, by a call, over HTTP.

mod http;
mod inject;

pub(crate) use self::http::HttpFaults;
pub use self::http::{HttpFailure, HttpFault};

use crate::reconnect::Reconnect;
use emqx_rebalance_core::{NodeName, Problem, Strategy, Timestamp};
use serde::{Deserialize, Serialize};

/// One thing to break, or to mend.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// A node dies with everything on it, as by SIGKILL.
    NodeKilled {
        /// The node.
        node: NodeName,
    },
    /// A node that is dead boots.
    NodeRestarted {
        /// The node.
        node: NodeName,
    },
    /// A node stops answering, as by SIGSTOP: its ports stay open. Its peers declare it down after
    /// some 124 s.
    NodeHung {
        /// The node.
        node: NodeName,
    },
    /// A node that hung goes on. If its peers declared it down, it restarts first.
    NodeResumed {
        /// The node.
        node: NodeName,
    },
    /// Every call between a node and its peers fails, though it serves its clients and its own API
    /// answers: `/nodes` of the others leaves it out, or calls it `unreachable`.
    NodeCutOff {
        /// The node.
        node: NodeName,
    },
    /// The calls between a node that was cut off and its peers work again.
    NodeReached {
        /// The node.
        node: NodeName,
    },
    /// A node of the configuration's `newcomers` boots on its own: it answers as a cluster of one,
    /// and nobody else has heard of it.
    NodeAppeared {
        /// The node.
        node: NodeName,
    },
    /// A node that is a cluster of one joins the cluster, without clients.
    NodeJoined {
        /// The node.
        node: NodeName,
    },
    /// Every call to a node takes longer.
    NodeSlow {
        /// The node.
        node: NodeName,
        /// By so many milliseconds; 0 mends it.
        ms: u64,
    },
    /// The process that coordinates a node's rebalance dies.
    CoordinatorCrash {
        /// The coordinator.
        node: NodeName,
    },
    /// Answers of the HTTP API go wrong.
    Http {
        /// Which, and how.
        fault: HttpFault,
    },
    /// Every answer of the HTTP API is right again.
    HttpMended,
    /// Every login has ended.
    TokensExpired,
    /// The nodes' wall clocks jump, which ages API keys.
    ClockSkew {
        /// By so many seconds; into the past if negative.
        seconds: i64,
    },
    /// The load balancer finds no node for anybody, or does again.
    LoadBalancer {
        /// Whether it sends clients nowhere.
        down: bool,
    },
    /// From now on clients come back in another way.
    Reconnect {
        /// How.
        reconnect: Reconnect,
    },
    /// New clients connect.
    Arrivals {
        /// So many each second.
        per_s: u64,
        /// For so many seconds.
        for_s: u64,
    },
    /// Somebody else starts a rebalance.
    ForeignRun {
        /// On this node.
        coordinator: NodeName,
        /// Of these nodes. Default: all that run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nodes: Option<Vec<NodeName>>,
        /// So far and so fast.
        #[serde(default)]
        strategy: Strategy,
    },
    /// Somebody else evacuates a node, without a wait.
    ForeignEvacuation {
        /// The node.
        node: NodeName,
    },
    /// Somebody else stops a rebalance.
    ForeignStop {
        /// Its coordinator.
        coordinator: NodeName,
    },
}

/// A fault and its time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ScheduledFault {
    /// Seconds after the cluster's start.
    pub at_s: f64,
    /// What happens then. If it cannot be, such as the death of a node that is dead, nothing does.
    pub fault: Fault,
}

impl Fault {
    /// The nodes that it names.
    fn nodes(&self) -> Vec<&NodeName> {
        match self {
            Self::NodeKilled { node }
            | Self::NodeRestarted { node }
            | Self::NodeHung { node }
            | Self::NodeResumed { node }
            | Self::NodeCutOff { node }
            | Self::NodeReached { node }
            | Self::NodeAppeared { node }
            | Self::NodeJoined { node }
            | Self::NodeSlow { node, .. }
            | Self::CoordinatorCrash { node }
            | Self::ForeignEvacuation { node } => vec![node],
            Self::ForeignStop { coordinator } => vec![coordinator],
            Self::ForeignRun { coordinator, nodes, .. } => {
                nodes.iter().flatten().chain([coordinator]).collect()
            }
            Self::Http { fault } => fault.node.iter().collect(),
            Self::HttpMended
            | Self::TokensExpired
            | Self::ClockSkew { .. }
            | Self::LoadBalancer { .. }
            | Self::Reconnect { .. }
            | Self::Arrivals { .. } => Vec::new(),
        }
    }
}

impl ScheduledFault {
    /// `fault`, `at_s` seconds after the start.
    pub fn new(at_s: f64, fault: Fault) -> Self {
        Self { at_s, fault }
    }

    /// When it happens.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a time within a year"
    )]
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_ms((self.at_s * 1000.0).round() as u64)
    }

    /// Checks fault number `i`, of a cluster in which `is_node` tells who is there.
    pub(crate) fn check(
        &self,
        i: usize,
        is_node: impl Fn(&NodeName) -> bool,
        problems: &mut Vec<Problem>,
    ) {
        if !(0.0..=YEAR_S).contains(&self.at_s) {
            let bound = format!("a number of seconds from 0 to {YEAR_S}");
            problems.push(Problem::new(format!("faults[{i}].at_s"), self.at_s, bound));
        }
        for name in self.fault.nodes() {
            if !is_node(name) {
                let bound = "the name of a node of this cluster";
                problems.push(Problem::new(format!("faults[{i}].fault"), name, bound));
            }
        }
    }
}

const YEAR_S: f64 = 31_536_000.0;
