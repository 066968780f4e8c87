//! What EMQX answers, as values: the same for every version of its API.

mod evacuation;
mod refusal;
mod state;

pub use evacuation::Evacuation;
pub use refusal::{Refusal, RefusalReason, StartAnswer, StopAnswer};
pub use state::{EvacuationState, RunState};

use crate::node::NodeName;
use crate::snapshot::NodeLoad;
use serde::{Deserialize, Serialize};

/// The nodes of a cluster as one of them sees them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NodeList {
    /// The nodes in EMQX's order, which is not fixed. Stopped nodes are among them, with counts 0.
    pub nodes: Vec<NodeLoad>,
    /// The elements that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

/// One element of a list that could not be read. The others of the list stand.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Unreadable {
    /// The list and the place in it, from 0: `nodes[2]`, `rebalances[0]`.
    pub element: String,
    /// Why, in at most 200 characters.
    pub why: String,
}

/// Every rebalance, evacuation and purge of the cluster, as one node sees them.
///
/// An empty list is no proof that nothing runs: a node that is slow to answer its peer is left out
/// (EMQX `emqx_node_rebalance_status.erl`, 5.1 to 6.x), and one that is still booting answers with
/// empty lists (contract/5.3.2).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GlobalStatus {
    /// The rebalances, one for each coordinator.
    pub rebalances: Vec<RunStatus>,
    /// The evacuations, one for each node.
    pub evacuations: Vec<EvacuationStatus>,
    /// The nodes that purge sessions: EMQX 5.2 and later, hidden from its documentation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purges: Vec<NodeName>,
    /// The elements that could not be read. While there are any, something runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
    /// The nodes that were not heard: what they coordinate or evacuate is not known. If there are
    /// any, a rebalance may be listed with those donors alone that spoke for themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unheard: Vec<NodeName>,
}

impl GlobalStatus {
    /// Whether EMQX reports nothing at all, readable or not.
    pub fn is_empty(&self) -> bool {
        self.rebalances.is_empty()
            && self.evacuations.is_empty()
            && self.purges.is_empty()
            && self.unreadable.is_empty()
    }

    /// The nodes that are being evacuated, as far as EMQX names them.
    pub fn evacuated(&self) -> impl Iterator<Item = &NodeName> {
        self.evacuations.iter().filter_map(|evacuation| evacuation.node.as_ref())
    }

    /// The rebalance that `coordinator` runs.
    pub fn run(&self, coordinator: &NodeName) -> Option<&RunStatus> {
        self.rebalances.iter().find(|run| run.coordinator == *coordinator)
    }
}

/// One rebalance in progress. It has no record once it has ended: the entry vanishes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct RunStatus {
    /// The node that runs it.
    pub coordinator: NodeName,
    /// What it does now.
    pub state: RunState,
    /// The nodes that lose clients, fixed at the start. A set: the order means nothing.
    pub donors: Vec<NodeName>,
    /// The nodes that gain clients, fixed at the start. A set: the order means nothing.
    pub recipients: Vec<NodeName>,
    /// Clients that each donor drops per tick of one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn_evict_rate: Option<u64>,
    /// Disconnected sessions that each donor moves per tick of one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sess_evict_rate: Option<u64>,
    /// The recipients' average of connections **before** the last eviction. It freezes there, so it
    /// cannot tell success; absent until a tick has evicted. Source: contract/5.3.2, 03.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_goal: Option<f64>,
    /// The donors' average of connections before the last eviction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor_conn_avg: Option<f64>,
    /// The recipients' average of disconnected sessions before the last move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected_session_goal: Option<f64>,
    /// The donors' average of disconnected sessions before the last move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor_sess_avg: Option<f64>,
}

impl RunStatus {
    /// A run of which no more is known than who takes part.
    pub fn new(
        coordinator: NodeName,
        state: RunState,
        donors: Vec<NodeName>,
        recipients: Vec<NodeName>,
    ) -> Self {
        Self {
            coordinator,
            state,
            donors,
            recipients,
            conn_evict_rate: None,
            sess_evict_rate: None,
            connection_goal: None,
            donor_conn_avg: None,
            disconnected_session_goal: None,
            donor_sess_avg: None,
        }
    }
}

/// One evacuation in progress. It lasts until it is stopped, over restarts of the node too.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvacuationStatus {
    /// The node that is emptied. `None` in a node's own status, which does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
    /// What it does now.
    pub state: EvacuationState,
    /// The nodes that get the sessions. Empty until EMQX has chosen them.
    pub recipients: Vec<NodeName>,
    /// Clients that the node drops per tick of one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn_evict_rate: Option<u64>,
    /// Sessions that the node moves per tick of one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sess_evict_rate: Option<u64>,
    /// The node's counts, up to a second old; sessions stay stale while connections are evicted.
    pub counts: EvictionCounts,
}

/// Counts of a node that evicts, as it reports them itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvictionCounts {
    /// Connected clients when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_connected: Option<u64>,
    /// Connected clients now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_connected: Option<u64>,
    /// Sessions when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_sessions: Option<u64>,
    /// Sessions now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_sessions: Option<u64>,
    /// Sessions without a client now. Only a donor of a rebalance reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_disconnected_sessions: Option<u64>,
}

/// What a node says about itself alone.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "process", rename_all = "snake_case")]
pub enum LocalStatus {
    /// Nothing: also what recipients say, and a coordinator that is no donor.
    Disabled,
    /// It is a donor of a rebalance.
    Rebalance(DonorStatus),
    /// It is being emptied.
    Evacuation(EvacuationStatus),
    /// Something that this crate does not know, such as `purge`.
    Other {
        /// EMQX's word for it, in at most 60 characters.
        word: String,
    },
}

/// What a donor says about its part in a rebalance.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DonorStatus {
    /// The node that runs the rebalance.
    pub coordinator: NodeName,
    /// What the rebalance does now.
    pub state: RunState,
    /// The nodes that gain clients.
    pub recipients: Vec<NodeName>,
    /// The donor's counts at this moment.
    pub counts: EvictionCounts,
}

/// Whether a node takes clients, as a load balancer's health check sees it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// 200: send clients here.
    Serving,
    /// 503: it is a donor or evacuates; send clients elsewhere.
    Closed,
}
