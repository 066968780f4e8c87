//! Everything a driver knows, as a value that can be stored and read back.

use super::guard::Guard;
use super::options::DriverOptions;
use super::outcome::{Cause, Outcome};
use super::record::Purpose;
use super::watch::Watch;
use super::wave::WaveRecord;
use crate::emqx::{Availability, GlobalStatus, NodeList};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::plan::{Plan, Run};
use crate::units::{EvictRate, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a driver knows. Store it after every step and before the step's requests are sent;
/// [`super::Driver::restore`] goes on from it, in another process too.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct DriverState {
    /// Version of this JSON: 1.
    pub version: u32,
    /// What is being done.
    pub plan: Plan,
    /// How patiently.
    pub options: DriverOptions,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) stage: Stage,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) runs: Vec<TrackedRun>,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) watch: Watch,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) wave_began_at: Option<Timestamp>,
    /// Who started it, and why.
    pub purpose: Purpose,
    /// The waves that are over.
    pub waves: Vec<WaveRecord>,
    /// Whether the plan and the cluster were said to part.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) has_drifted: bool,
}

/// How far a driver is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Reads the cluster before touching it.
    Preflight,
    /// Sends the starts, one after the other.
    Starting,
    /// Polls until every run is gone.
    Following,
    /// Every run is gone or must go; finds the verdict.
    Ending { why: EndReason, since: Timestamp },
    /// Has a verdict.
    Done { outcome: Outcome, at: Timestamp },
}

/// Why a plan ends.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(crate) enum EndReason {
    /// The runs ended by themselves.
    Gone,
    /// The user asked for it.
    Asked,
    /// No count moved any more.
    Stalled { idle_s: u64 },
    /// The time limit passed.
    Late { limit_s: u64 },
    /// A guard tripped.
    Guarded { guard: Guard, numbers: String },
    /// A start was refused.
    Refused { coordinator: NodeName, cause: Cause },
}

/// One run of the plan and what became of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct TrackedRun {
    pub(super) run: Run,
    pub(super) state: TrackState,
    /// Whether it ended before its own goal: it was stopped by somebody, or its coordinator crashed.
    #[serde(default)]
    pub(super) is_cut_short: bool,
    /// Whether EMQX has said that it is stopped, or not there, and has not shown it since.
    #[serde(default)]
    pub(super) is_stopped: bool,
    /// The node of it that was down at its end or thereafter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<NodeName>,
}

/// What became of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum TrackState {
    /// Not asked for yet.
    Pending,
    /// The start is on its way.
    Asked,
    /// The answer to the start was lost. `empty` polls in a row have not shown the run.
    Doubtful { empty: u32, may_repeat: bool, cause: Cause },
    /// EMQX took the start. `empty` polls in a row have not shown the run.
    Running { phase: Option<RunPhase>, empty: u32 },
    /// It was running and is not any more.
    Gone,
    /// EMQX found nothing to balance.
    NotNeeded,
    /// EMQX did not take the start.
    Refused,
}

/// What a pending request will answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Question {
    Nodes,
    GlobalStatus,
    Availability(NodeName),
    Start(usize),
    Stop(usize),
}

/// The answers of one poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Round {
    pub(crate) open: bool,
    pub(crate) status: Option<GlobalStatus>,
    pub(crate) nodes: Option<NodeList>,
    pub(crate) availability: BTreeMap<NodeName, Option<Availability>>,
    /// The runs that EMQX has stopped, or says are not there.
    pub(crate) stopped: Vec<usize>,
    pub(crate) lost: Option<Cause>,
}

impl DriverState {
    pub(super) fn new(plan: Plan, options: DriverOptions) -> Self {
        Self {
            version: crate::snapshot::VERSION,
            runs: plan.runs.iter().map(TrackedRun::new).collect(),
            plan,
            options,
            stage: Stage::Preflight,
            watch: Watch::default(),
            wave_began_at: None,
            purpose: Purpose::default(),
            waves: Vec::new(),
            has_drifted: false,
        }
    }

    /// Forgets what died with the process: requests on their way. A start among them may have
    /// arrived.
    pub(super) fn after_restart(mut self) -> Self {
        for tracked in &mut self.runs {
            tracked.state.doubt_after_restart();
        }
        self.watch.forget_requests();
        self
    }

    /// The nodes of all runs, each once, in the plan's order.
    pub(super) fn plan_nodes(&self) -> Vec<NodeName> {
        let mut nodes = Vec::new();
        for node in self.runs.iter().flat_map(|tracked| &tracked.run.nodes) {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
        nodes
    }

    /// When the first start of the wave was sent.
    pub(super) fn started_at(&self) -> Option<Timestamp> {
        let began = self.wave_began_at.or(self.watch.began_at)?;
        self.watch.starts.iter().map(|start| start.at).filter(|at| *at >= began).min()
    }

    /// The nodes that any run sends clients to.
    pub(super) fn recipients(&self) -> Vec<NodeName> {
        self.runs.iter().flat_map(|tracked| tracked.run.recipients.iter().cloned()).collect()
    }

    /// The donors of all runs that were started, each once.
    pub(super) fn donors(&self) -> Vec<NodeName> {
        let mut donors = Vec::new();
        for tracked in self.runs.iter().filter(|tracked| tracked.was_started()) {
            for node in &tracked.run.donors {
                if !donors.contains(node) {
                    donors.push(node.clone());
                }
            }
        }
        donors
    }
}

impl Stage {
    /// The verdict, once there is one.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Done { outcome, .. } => Some(outcome),
            _ => None,
        }
    }
}

impl TrackState {
    /// Whether EMQX may run it now.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Asked | Self::Doubtful { .. } | Self::Running { .. })
    }

    /// Whether it was running, and the last poll did not show it.
    pub(crate) fn is_unseen(&self) -> bool {
        matches!(self, Self::Gone | Self::Running { empty: 1.., .. })
    }

    /// Whether a stop must be sent to end it.
    pub(crate) fn may_be_stopped(&self) -> bool {
        matches!(self, Self::Doubtful { .. } | Self::Running { .. })
    }

    /// A start that was on its way when the process died may have arrived.
    pub(crate) fn doubt_after_restart(&mut self) {
        if *self == Self::Asked {
            let cause = Cause {
                kind: "timeout".to_owned(),
                message: "the process ended before the answer came".to_owned(),
            };
            *self = Self::Doubtful { empty: 0, may_repeat: true, cause };
        }
    }

    /// Counts a poll that does not show it; says what that means after `limit` of them in a row.
    pub(crate) fn miss(&mut self, limit: u32) -> Option<Missed> {
        match self {
            Self::Running { empty, .. } => {
                *empty += 1;
                let is_gone = *empty >= limit;
                if is_gone {
                    *self = Self::Gone;
                }
                is_gone.then_some(Missed::Gone)
            }
            Self::Doubtful { empty, may_repeat, cause } => {
                *empty += 1;
                let never = Missed::NeverBegan { may_repeat: *may_repeat, cause: cause.clone() };
                (*empty >= limit).then_some(never)
            }
            _ => None,
        }
    }

    /// Takes note of a poll that shows it in `shown`; whether that is another phase than before.
    /// `None` if it is nothing of ours.
    pub(crate) fn see(&mut self, shown: Option<RunPhase>) -> Option<bool> {
        let before = match self {
            Self::Running { phase, .. } => *phase,
            Self::Gone => None,
            _ => return None,
        };
        *self = Self::Running { phase: shown.or(before), empty: 0 };
        Some(shown.is_some() && shown != before)
    }
}

/// What polls in a row without a run mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Missed {
    /// It has ended.
    Gone,
    /// Its start did not arrive, or failed.
    NeverBegan { may_repeat: bool, cause: Cause },
}

impl TrackedRun {
    pub(super) fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            state: TrackState::Pending,
            is_cut_short: false,
            is_stopped: false,
            lost: None,
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

    /// Whether `status` shows it: a rebalance by the same coordinator over the same nodes at the same
    /// rates. EMQX may tell donors from recipients in another way than the plan if counts moved in between.
    pub(super) fn is_shown(&self, status: &crate::emqx::RunStatus) -> bool {
        let shown = status.donors.iter().chain(&status.recipients);
        let strategy = &self.run.strategy;
        let is_rate = |shown: Option<u64>, own: EvictRate| {
            shown.is_none_or(|shown| shown == u64::from(own.get()))
        };
        status.coordinator == self.run.coordinator
            && is_rate(status.conn_evict_rate, strategy.conn_evict_rate)
            && is_rate(status.sess_evict_rate, strategy.sess_evict_rate)
            && shown.clone().count() == self.run.nodes.len()
            && shown.into_iter().all(|node| self.run.nodes.contains(node))
    }
}
