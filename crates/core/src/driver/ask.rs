//! What a driver wants to know or do, and what came back. Hosts carry these to EMQX.

use crate::emqx::{Availability, Evacuation, GlobalStatus, NodeList, StartAnswer, StopAnswer};
use crate::error::Error;
use crate::node::NodeName;
use crate::plan::Run;
use serde::{Deserialize, Serialize};

/// Tells an answer which request it belongs to. Never used twice by one driver, nor by one that was
/// restored from its state.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct RequestId(pub(super) u64);

/// One thing to send to EMQX.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Request {
    /// To be handed back with the answer.
    pub id: RequestId,
    /// What to send.
    pub ask: Ask,
}

/// What to ask EMQX, or to have it do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ask {
    /// Every node's load. Any node can answer.
    Nodes,
    /// Every rebalance and evacuation. Any node can answer.
    GlobalStatus,
    /// Whether one node serves new clients. Only that node can answer.
    Availability {
        /// The node to ask.
        node: NodeName,
    },
    /// Start one run. Never sent twice without asking in between whether the first arrived.
    Start {
        /// The run to start.
        run: Run,
    },
    /// Stop the run of one coordinator. Harmless if it has ended.
    Stop {
        /// The coordinator of the run.
        coordinator: NodeName,
    },
    /// Have one node begin to empty itself. Never sent twice without asking in between whether the
    /// first arrived.
    StartEvacuation {
        /// The node to empty.
        node: NodeName,
        /// How.
        evacuation: Evacuation,
    },
    /// Have one node take clients again. Harmless if it does.
    StopEvacuation {
        /// The node.
        node: NodeName,
    },
}

/// What EMQX answered, of the same name as what was asked; an evacuation is started and stopped as
/// a run is.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Every node's load.
    Nodes(NodeList),
    /// What runs now.
    GlobalStatus(GlobalStatus),
    /// Whether the node serves.
    Availability(Availability),
    /// Whether EMQX took the start of a run or of an evacuation.
    Start(StartAnswer),
    /// Whether EMQX stopped the run or the evacuation.
    Stop(StopAnswer),
}

/// What happened since the last step.
#[derive(Clone, Debug)]
pub enum Input {
    /// Nothing but time.
    Tick,
    /// A request was answered, or will never be. A request without any `Answer` is never repeated,
    /// so hosts must report failures too.
    Answer {
        /// The request.
        id: RequestId,
        /// Its answer, or why there is none.
        answer: Result<Answer, Error>,
    },
    /// The user wants the runs stopped.
    Stop,
}
