//! One run of a plan, or an evacuation, from its start on, as polls show it.

mod state;

pub(super) use state::{Absence, Missed, TrackState};

use super::ask::Ask;
use crate::emqx::{Evacuation, GlobalStatus, RunState, RunStatus};
use crate::node::NodeName;
use crate::plan::Run;
use crate::units::EvictRate;
use serde::Serialize;

/// What EMQX was asked to do, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Track {
    #[serde(flatten)]
    pub(super) task: Task,
    pub(super) state: TrackState,
    /// EMQX's word for what it did last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shown: Option<RunState>,
    /// Whether it ended before its own goal: it was stopped by somebody, or its coordinator crashed.
    pub(super) is_cut_short: bool,
    /// Whether EMQX has said that it is not there, and has not shown it since.
    pub(super) is_stopped: bool,
    /// Whether EMQX has said that it stopped it: whatever it shows from then on is somebody else's.
    pub(super) is_over: bool,
    /// Whether it was told to stop.
    pub(super) was_told: bool,
    /// Whether the answer to a start of it was ever lost: that start may arrive late.
    pub(super) was_doubted: bool,
    /// Donors that EMQX has shown and the plan has for recipients: counts moved in between, or EMQX counts
    /// otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unplanned: Vec<NodeName>,
    /// The node of it that was down at its end or thereafter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<NodeName>,
}

impl Track {
    pub(super) fn new(task: Task) -> Self {
        Self {
            task,
            state: TrackState::Pending,
            shown: None,
            is_cut_short: false,
            is_stopped: false,
            is_over: false,
            was_told: false,
            was_doubted: false,
            unplanned: Vec::new(),
            lost: None,
        }
    }

    /// The run, unless it is an evacuation.
    pub(super) fn run(&self) -> Option<&Run> {
        match &self.task {
            Task::Run(run) => Some(run),
            Task::Evacuation { .. } => None,
        }
    }

    /// The node that does it.
    pub(super) fn coordinator(&self) -> &NodeName {
        match &self.task {
            Task::Run(run) => &run.coordinator,
            Task::Evacuation { node, .. } => node,
        }
    }

    /// The nodes that lose clients by it: as planned, and as EMQX has shown.
    pub(super) fn donors(&self) -> impl Iterator<Item = &NodeName> {
        let planned = match &self.task {
            Task::Run(run) => run.donors.as_slice(),
            Task::Evacuation { node, .. } => std::slice::from_ref(node),
        };
        planned.iter().chain(&self.unplanned)
    }

    /// Takes note of the donors that EMQX shows.
    fn learn_donors(&mut self, shown: &[NodeName]) {
        for donor in shown {
            if self.donors().all(|known| known != donor) {
                self.unplanned.push(donor.clone());
            }
        }
    }

    /// Whether EMQX may do it now.
    pub(super) fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// Whether EMQX did it at any time.
    pub(super) fn was_started(&self) -> bool {
        self.is_live() || self.state == TrackState::Gone
    }

    /// What `status` shows it to do. Donors that are shown are remembered: they are to serve again.
    pub(super) fn learn(&mut self, status: &GlobalStatus) -> Option<RunState> {
        if let Some(entry) = status.rebalances.iter().find(|entry| self.is_entry(entry, status)) {
            self.learn_donors(&entry.donors);
        }
        self.shown_in(status)
    }

    /// EMQX's word for it in `status`, if that shows it.
    pub(super) fn shown_in(&self, status: &GlobalStatus) -> Option<RunState> {
        match &self.task {
            _ if self.is_over => None,
            Task::Run(_) => {
                let mut entries = status.rebalances.iter();
                entries.find(|entry| self.is_entry(entry, status)).map(|entry| entry.state.clone())
            }
            Task::Evacuation { node, .. } => {
                let mut entries = status.evacuations.iter();
                let entry = entries.find(|entry| entry.node.as_ref() == Some(node))?;
                Some(RunState::from(entry.state.as_str().to_owned()))
            }
        }
    }

    /// Whether `entry` of `status` shows it: a rebalance by the same coordinator over the same nodes
    /// at the same rates. EMQX may tell donors from recipients in another way than the plan if counts
    /// moved in between; while a node is not heard, some of them may be left out.
    pub(super) fn is_entry(&self, entry: &RunStatus, status: &GlobalStatus) -> bool {
        let Task::Run(run) = &self.task else { return false };
        let shown = entry.donors.iter().chain(&entry.recipients);
        let is_rate = |shown: Option<u64>, own: EvictRate| {
            shown.is_none_or(|shown| shown == u64::from(own.get()))
        };
        let count = shown.clone().count();
        let is_whole =
            count == run.nodes.len() || count < run.nodes.len() && !status.unheard.is_empty();
        !self.is_over
            && is_whole
            && entry.coordinator == run.coordinator
            && is_rate(entry.conn_evict_rate, run.strategy.conn_evict_rate)
            && is_rate(entry.sess_evict_rate, run.strategy.sess_evict_rate)
            && shown.into_iter().all(|node| run.nodes.contains(node))
    }

    /// Takes it out of `status`.
    pub(super) fn leave_out(&self, status: &mut GlobalStatus) {
        let shown = std::mem::take(&mut status.rebalances);
        let others = shown.into_iter().filter(|entry| !self.is_entry(entry, status)).collect();
        status.rebalances = others;
    }

    /// Whether `status` shows somebody else's rebalance by the same coordinator, which runs one at a
    /// time: a run that is not shown beside it is not hidden.
    pub(super) fn is_displaced(&self, status: &GlobalStatus) -> bool {
        let Task::Run(run) = &self.task else { return false };
        status.rebalances.iter().any(|entry| entry.coordinator == run.coordinator)
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
        let speakers = self.donors().chain(std::iter::once(self.coordinator()));
        speakers.filter(|node| status.unheard.contains(node))
    }
}

/// What EMQX is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    Run(Run),
    Evacuation { node: NodeName, evacuation: Evacuation },
}

impl Task {
    /// To have it begin.
    pub(super) fn start(&self) -> Ask {
        match self.clone() {
            Self::Run(run) => Ask::Start { run },
            Self::Evacuation { node, evacuation } => Ask::StartEvacuation { node, evacuation },
        }
    }

    /// To have it end.
    pub(super) fn stop(&self) -> Ask {
        match self {
            Self::Run(run) => Ask::Stop { coordinator: run.coordinator.clone() },
            Self::Evacuation { node, .. } => Ask::StopEvacuation { node: node.clone() },
        }
    }
}
