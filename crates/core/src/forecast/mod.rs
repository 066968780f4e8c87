//! What a plan will do, second by second.

mod ideal;
mod points;
mod returns;
mod rounds;
mod several;
mod spread;

pub(crate) use ideal::{Group, simulate};
pub(crate) use rounds::Start;
pub(crate) use several::{Outlook, World, simulate_all, whole_counts};
pub(crate) use spread::Spread;

use crate::node::NodeName;
use crate::number::float;
use crate::snapshot::NodeLoad;
use serde::{Deserialize, Serialize};

/// What a plan will do if the cluster behaves as EMQX's rules say.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Forecast {
    /// Seconds from the first start to the last end.
    pub duration_s: u64,
    /// Seconds in which connections are evicted: one for each tick.
    pub conn_evict_s: u64,
    /// Seconds in which sessions are moved: one for each tick.
    pub sess_evict_s: u64,
    /// Clients dropped, counted again each time one is dropped.
    pub disconnects: u64,
    /// Seconds from the first start until 99 % of the clients are back that come back.
    #[serde(default)]
    pub back_s: u64,
    /// Clients dropped that never come back, as the reconnect profile says.
    #[serde(default)]
    pub missing: u64,
    /// The most that is asked of the nodes at any time.
    #[serde(default)]
    pub peak: Peak,
    /// Disconnected sessions moved to another node.
    pub sessions_moved: f64,
    /// Every node at the end, in the order of the snapshot.
    #[serde(rename = "final")]
    pub end: Vec<NodeEnd>,
    /// When which phase runs, in order.
    pub phases: Vec<PhaseSpan>,
    /// Every node over time.
    pub curve: Curve,
}

/// The most that a plan asks of the nodes at any time.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Peak {
    /// Clients per second that come back to one node.
    pub node_reconnects: f64,
    /// Clients per second that come back in all.
    pub reconnects: f64,
    /// Clients on their way.
    pub away: u64,
}

/// A node at the end of a forecast.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NodeEnd {
    /// The node.
    pub node: NodeName,
    /// Connected clients.
    pub connections: u64,
    /// Sessions whose client is away. Fractional: EMQX moves each to a random recipient, and this
    /// is the mean.
    pub disconnected_sessions: f64,
}

/// The four phases of an EMQX rebalance, under EMQX's names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// Donors are closed, or about to be; nothing is evicted yet.
    WaitHealthCheck,
    /// Donors drop clients.
    EvictingConns,
    /// Clients come back and take over their sessions.
    WaitTakeover,
    /// Donors hand over the sessions whose client is away.
    EvictingSessions,
}

/// When one phase of one run lasts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PhaseSpan {
    /// Index of the run in the plan.
    pub run: usize,
    /// The phase.
    pub phase: RunPhase,
    /// First second of it, from the start of the plan.
    pub from_s: u64,
    /// Its end, `from_s` if the phase is empty.
    pub to_s: u64,
}

/// The course of every node. Between two times the counts run in a straight line.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Curve {
    /// Seconds from the start of the plan, ascending, the first 0.
    pub times_s: Vec<u64>,
    /// A series for each node, as long as `times_s`, in the order of the snapshot.
    pub nodes: Vec<NodeCurve>,
    /// Clients that were dropped and are not back, at each time. Empty in curves of earlier versions.
    #[serde(default)]
    pub away: Vec<u64>,
}

/// The course of one node.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NodeCurve {
    /// The node.
    pub node: NodeName,
    /// Connected clients at each time.
    pub connections: Vec<u64>,
    /// Sessions whose client is away, at each time.
    pub disconnected_sessions: Vec<f64>,
}

/// The forecast of doing nothing.
pub(crate) fn unchanged(nodes: &[NodeLoad]) -> Forecast {
    let counts = |load: &NodeLoad| (load.connections, float(load.disconnected_sessions));
    let mut curve = Curve::new(nodes.iter().map(|load| load.node.clone()));
    curve.push(0, nodes.iter().map(counts), 0);
    let end = nodes.iter().map(|load| NodeEnd {
        node: load.node.clone(),
        connections: load.connections,
        disconnected_sessions: float(load.disconnected_sessions),
    });
    Forecast { end: end.collect(), curve, ..Forecast::default() }
}

impl Curve {
    pub(crate) fn new(nodes: impl IntoIterator<Item = NodeName>) -> Self {
        let nodes = nodes.into_iter().map(|node| NodeCurve {
            node,
            connections: Vec::new(),
            disconnected_sessions: Vec::new(),
        });
        Self { times_s: Vec::new(), nodes: nodes.collect(), away: Vec::new() }
    }

    /// The connections of `node` at `time_s`, on the straight line between two points; the last ones
    /// after the end. `None` if the curve is empty.
    ///
    /// ```
    /// use emqx_rebalance_core::PlanRequest;
    ///
    /// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]}}"#;
    /// let curve = serde_json::from_str::<PlanRequest>(json)?.plan()?.forecast.curve;
    /// assert_eq!(curve.connections_at(&curve.nodes[0], 0), Some(9000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connections_at(&self, node: &NodeCurve, time_s: u64) -> Option<u64> {
        let after = self.times_s.partition_point(|time| *time <= time_s);
        let (left, right) = (after.checked_sub(1)?, after.min(self.times_s.len() - 1));
        let (t0, t1) = (*self.times_s.get(left)?, *self.times_s.get(right)?);
        let (y0, y1) = (*node.connections.get(left)?, *node.connections.get(right)?);
        let (gone, span) = (u128::from(time_s.min(t1) - t0), u128::from(t1 - t0).max(1));
        let step = u64::try_from(u128::from(y0.abs_diff(y1)) * gone / span).ok()?;
        Some(if y1 >= y0 { y0 + step } else { y0 - step })
    }

    /// Adds a point, in place of one at the same time.
    pub(crate) fn push(
        &mut self,
        time_s: u64,
        counts: impl IntoIterator<Item = (u64, f64)>,
        away: u64,
    ) {
        if self.times_s.last() == Some(&time_s) {
            self.times_s.pop();
            self.away.pop();
            for node in &mut self.nodes {
                node.connections.pop();
                node.disconnected_sessions.pop();
            }
        }
        self.times_s.push(time_s);
        self.away.push(away);
        for (node, (connections, disconnected)) in self.nodes.iter_mut().zip(counts) {
            node.connections.push(connections);
            node.disconnected_sessions.push(disconnected);
        }
    }

    /// A straight line for each node, from `starts` to `ends` at `end_s`.
    pub(crate) fn straight(starts: Vec<NodeEnd>, ends: &[NodeEnd], end_s: u64) -> Self {
        let mut curve = Self::new(ends.iter().map(|end| end.node.clone()));
        let counts = |end: &NodeEnd| (end.connections, end.disconnected_sessions);
        curve.push(0, starts.iter().map(counts), 0);
        curve.push(end_s.max(1), ends.iter().map(counts), 0);
        curve
    }

    /// Leaves a few points, which are enough to draw what was forecast.
    pub(crate) fn abridge(&mut self) {
        while self.times_s.len() > FEW_POINTS {
            self.thin();
        }
    }

    /// Leaves out every other point but the first and the last.
    pub(crate) fn thin(&mut self) {
        let last = self.times_s.len().saturating_sub(1);
        let keep = |i: usize| i.is_multiple_of(2) || i == last;
        retain(&mut self.times_s, keep);
        retain(&mut self.away, keep);
        for node in &mut self.nodes {
            retain(&mut node.connections, keep);
            retain(&mut node.disconnected_sessions, keep);
        }
    }
}

/// The most points of an abridged curve.
const FEW_POINTS: usize = 16;

fn retain<T>(items: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
    let mut i = 0;
    items.retain(|_| {
        i += 1;
        keep(i - 1)
    });
}
