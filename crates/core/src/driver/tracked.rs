//! One run of the plan: what became of it, and what shows it.

use super::state::TrackState;
use crate::emqx::{GlobalStatus, RunStatus};
use crate::node::NodeName;
use crate::plan::Run;
use crate::units::EvictRate;
use serde::{Deserialize, Serialize};

/// One run of the plan and what became of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct TrackedRun {
    pub(super) run: Run,
    pub(super) state: TrackState,
    /// Whether it ended before its own goal: it was stopped by somebody, or its coordinator crashed.
    #[serde(default)]
    pub(super) is_cut_short: bool,
    /// Whether EMQX has said that it is not there, and has not shown it since.
    #[serde(default)]
    pub(super) is_stopped: bool,
    /// Whether EMQX has said that it stopped it: whatever it shows from then on is somebody else's.
    #[serde(default)]
    pub(super) is_over: bool,
    /// Whether it was told to stop.
    #[serde(default)]
    pub(super) was_told: bool,
    /// Whether the answer to a start of it was ever lost: that start may arrive late.
    #[serde(default)]
    pub(super) was_doubted: bool,
    /// Donors that EMQX has shown and the plan has for recipients: counts moved in between, or EMQX counts
    /// otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unplanned: Vec<NodeName>,
    /// The node of it that was down at its end or thereafter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<NodeName>,
}

impl TrackedRun {
    pub(super) fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            state: TrackState::Pending,
            is_cut_short: false,
            is_stopped: false,
            is_over: false,
            was_told: false,
            was_doubted: false,
            unplanned: Vec::new(),
            lost: None,
        }
    }

    /// The nodes that lose clients by it: as planned, and as EMQX has shown.
    pub(super) fn donors(&self) -> impl Iterator<Item = &NodeName> {
        self.run.donors.iter().chain(&self.unplanned)
    }

    /// Takes note of the donors that EMQX shows.
    pub(super) fn learn_donors(&mut self, shown: &[NodeName]) {
        for donor in shown {
            if self.donors().all(|known| known != donor) {
                self.unplanned.push(donor.clone());
            }
        }
    }

    /// Whether EMQX may run it now.
    pub(super) fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// Whether EMQX ran it at any time.
    pub(super) fn was_started(&self) -> bool {
        self.is_live() || self.state == TrackState::Gone
    }

    /// Whether `entry` of `status` shows it: a rebalance by the same coordinator over the same nodes
    /// at the same rates. EMQX may tell donors from recipients in another way than the plan if counts
    /// moved in between; while a node is not heard, some of them may be left out.
    pub(super) fn is_shown(&self, entry: &RunStatus, status: &GlobalStatus) -> bool {
        let shown = entry.donors.iter().chain(&entry.recipients);
        let strategy = &self.run.strategy;
        let is_rate = |shown: Option<u64>, own: EvictRate| {
            shown.is_none_or(|shown| shown == u64::from(own.get()))
        };
        let count = shown.clone().count();
        let is_whole = count == self.run.nodes.len()
            || count < self.run.nodes.len() && !status.unheard.is_empty();
        !self.is_over
            && is_whole
            && entry.coordinator == self.run.coordinator
            && is_rate(entry.conn_evict_rate, strategy.conn_evict_rate)
            && is_rate(entry.sess_evict_rate, strategy.sess_evict_rate)
            && shown.into_iter().all(|node| self.run.nodes.contains(node))
    }

    /// Whether it would be shown if it were there: every node that speaks for it was heard.
    pub(super) fn is_heard(&self, status: &GlobalStatus) -> bool {
        status.unreadable.is_empty() && self.unheard(status).next().is_none()
    }

    /// The nodes that would speak for it, and were not heard.
    pub(super) fn unheard<'a>(
        &'a self,
        status: &'a GlobalStatus,
    ) -> impl Iterator<Item = &'a NodeName> {
        let speakers = self.donors().chain(std::iter::once(&self.run.coordinator));
        speakers.filter(|node| status.unheard.contains(node))
    }
}
