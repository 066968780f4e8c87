//! Plans that are kept for later need not say each second what was forecast.

use super::model::Plan;
use crate::forecast::{Curve, NodeEnd};
use serde::{Deserialize, Deserializer};

impl Plan {
    /// Leaves a few points of the forecast's curve, which is most of a large plan.
    pub(crate) fn abridge(&mut self) {
        self.forecast.curve.abridge();
        self.restore_curve();
    }

    /// Leaves out the forecast's curve, where there is room for a few kilobytes only.
    pub(crate) fn without_curve(&mut self) {
        self.forecast.curve = Curve::default();
    }

    /// Draws a curve that was left out altogether anew, from its two ends.
    fn restore_curve(&mut self) {
        let ends = &self.forecast.end;
        if !self.forecast.curve.nodes.is_empty() || ends.is_empty() {
            return;
        }
        let start = |end: &NodeEnd| {
            let counts = self.fingerprint.nodes.iter().find(|count| count.node == end.node);
            let connections = counts.map_or(end.connections, |count| count.connections);
            NodeEnd { connections, ..end.clone() }
        };
        let starts = ends.iter().map(start).collect();
        self.forecast.curve = Curve::straight(starts, ends, self.forecast.duration_s);
    }
}

/// Reads a plan that was kept for later. Some were kept without a curve.
pub(crate) fn with_curve<'de, D: Deserializer<'de>>(from: D) -> Result<Box<Plan>, D::Error> {
    let mut plan = Box::<Plan>::deserialize(from)?;
    plan.restore_curve();
    Ok(plan)
}
