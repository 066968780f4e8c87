//! The curve of a forecast, small however long it gets and however many nodes there are.

use super::Curve;
use crate::snapshot::NodeLoad;

/// A curve in the making, which keeps fewer points the more there are.
pub(super) struct Points {
    curve: Curve,
    most: usize,
    every_s: u64,
}

impl Points {
    pub(super) fn new(nodes: &[NodeLoad]) -> Self {
        Self {
            curve: Curve::new(nodes.iter().map(|load| load.node.clone())),
            most: (200_000 / nodes.len().max(1)).clamp(60, 1200),
            every_s: 1,
        }
    }

    /// Adds the counts of every node at `now`, unless that is too soon after the last point. The
    /// end is always added.
    pub(super) fn record(
        &mut self,
        now: u64,
        counts: impl IntoIterator<Item = (u64, f64)>,
        away: u64,
        is_end: bool,
    ) {
        let last = self.curve.times_s.last().copied();
        if !is_end && last.is_some_and(|last| now < last + self.every_s) {
            return;
        }
        self.curve.push(now, counts, away);
        if self.curve.times_s.len() > self.most {
            self.curve.thin();
            self.every_s *= 2;
        }
    }

    pub(super) fn into_curve(self) -> Curve {
        self.curve
    }
}
