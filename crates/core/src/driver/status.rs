//! Where a plan stands, for people and dashboards.

use super::outcome::{Cause, Outcome, Phase};
use crate::emqx::RunState;
use crate::node::NodeName;
use crate::reconnect::Reconnects;
use crate::snapshot::NodeLoad;
use serde::{Deserialize, Serialize};

/// Where a plan, or a cluster, stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Status {
    /// Version of this JSON: 1.
    pub version: u32,
    /// `Processing` while something runs, then `Completed` or `Failed`. Absent if nothing runs and
    /// nothing is known of a plan: EMQX keeps no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The verdict, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Which wave of a `level` plan this is, from 1.
    pub wave: usize,
    /// The rebalances, of the plan or found running.
    pub runs: Vec<RunView>,
    /// Every node as last seen.
    pub nodes: Vec<NodeLoad>,
    /// How far it is.
    pub progress: Progress,
    /// Clients that were connected before the first start and are connected nowhere now, those on
    /// their way among them. Absent if that is not known, as of a cluster whose plan is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<u64>,
    /// How the dropped clients come back, as far as it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnects: Option<Reconnects>,
    /// Since when nothing could be read, and why, if the last poll did not come through: all else is as
    /// old as that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
}

/// A time in which the cluster could not be read.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Unread {
    /// Since when, by the host's clock: milliseconds since 1970 where it has one.
    pub since_ms: u64,
    /// Why the last poll did not come through.
    pub cause: Cause,
}

/// One rebalance.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct RunView {
    /// The node that runs it.
    pub coordinator: NodeName,
    /// EMQX's word for what it does; `pending`, `starting`, `gone`, `not_needed` or `refused`
    /// before and after.
    pub state: RunState,
    /// The nodes that lose clients.
    pub donors: Vec<NodeName>,
    /// The nodes that gain clients.
    pub recipients: Vec<NodeName>,
    /// Clients that each donor drops per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn_evict_rate: Option<u64>,
    /// Disconnected sessions that each donor moves per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sess_evict_rate: Option<u64>,
}

/// How far a plan is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Progress {
    /// Connections that have left the donors: at least so many if [`Self::moved_unknown`].
    pub moved: u64,
    /// Whether more may have left, since a donor did not say how many it had when it began.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub moved_unknown: bool,
    /// Connections that the plan moves.
    pub to_move: u64,
    /// Connections that should have left the donors by now, by the forecast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// `moved` of `to_move`, 0 to 100.
    pub percent: f64,
    /// Seconds to the end at the measured pace; absent if that cannot be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_s: Option<u64>,
    /// Seconds since the first start.
    pub elapsed_s: u64,
}
