//! The courses of the nodes, forecast and measured.

use crate::numbers::float;
use crate::{NodeSample, ReportInput};
use emqx_rebalance_core::{NodeCurve, NodeName};

/// One of the two things that are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Count {
    Connections,
    DisconnectedSessions,
}

/// A line: time in seconds and value.
pub(crate) type Points = Vec<(f64, f64)>;

/// The course of one node.
#[derive(Debug)]
pub(crate) struct NodeCourse<'a> {
    pub(crate) node: &'a NodeName,
    pub(crate) forecast: Points,
    pub(crate) measured: Points,
}

impl NodeCourse<'_> {
    fn max(&self) -> f64 {
        self.forecast.iter().chain(&self.measured).map(|(_, value)| *value).fold(0.0, f64::max)
    }

    /// Where the node ends: as measured, or as forecast.
    pub(crate) fn end(&self) -> Option<f64> {
        self.measured.last().or_else(|| self.forecast.last()).map(|(_, value)| *value)
    }
}

impl Count {
    pub(crate) fn of(self, sample: &NodeSample) -> u64 {
        match self {
            Self::Connections => sample.connections,
            Self::DisconnectedSessions => sample.disconnected_sessions,
        }
    }

    fn forecast(self, curve: &NodeCurve) -> Vec<f64> {
        match self {
            Self::Connections => curve.connections.iter().map(|count| float(*count)).collect(),
            Self::DisconnectedSessions => curve.disconnected_sessions.clone(),
        }
    }

    /// The course of every node, in the order of the snapshot.
    pub(crate) fn courses<'a>(self, input: &ReportInput<'a>) -> Vec<NodeCourse<'a>> {
        let curve = &input.plan.forecast.curve;
        let nodes = curve.nodes.iter().map(|node| {
            let times = curve.times_s.iter().map(|time| float(*time));
            NodeCourse {
                node: &node.node,
                forecast: thinned(times.zip(self.forecast(node)).collect()),
                measured: thinned(self.measured(input, &node.node)),
            }
        });
        nodes.collect()
    }

    fn measured(self, input: &ReportInput<'_>, node: &NodeName) -> Points {
        let points = input.samples.iter().filter_map(|sample| {
            let found = sample.nodes.iter().find(|found| found.node == *node)?;
            Some((sample.t_s, float(self.of(found))))
        });
        points.collect()
    }
}

/// The end of the time axis: the last second of forecast, samples and phases.
pub(crate) fn end_s(input: &ReportInput<'_>) -> f64 {
    let samples = input.samples.iter().map(|sample| sample.t_s);
    let phases = input.phases.iter().map(|phase| phase.to_s);
    let forecast = float(input.plan.forecast.duration_s);
    samples.chain(phases).fold(forecast, f64::max)
}

/// The largest value of all courses.
pub(crate) fn max(courses: &[NodeCourse<'_>]) -> f64 {
    courses.iter().map(NodeCourse::max).fold(0.0, f64::max)
}

/// At most as many points as can be told apart, the first and the last among them.
fn thinned(points: Points) -> Points {
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.into_iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last);
    kept.map(|(_, point)| point).collect()
}

const MAX_POINTS: usize = 500;
