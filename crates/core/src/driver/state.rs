//! Everything a driver knows, as a value that can be stored and read back.

use super::ask::RequestId;
use super::guard::{Alarm, Guard};
use super::options::DriverOptions;
use super::outcome::{Cause, Outcome};
use super::record::Purpose;
use super::wave::{StartRecord, WaveRecord};
use crate::emqx::{Availability, GlobalStatus, NodeList};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::plan::{Plan, Run};
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a driver knows. Store it after every step and before the step's requests are sent;
/// [`super::Driver::restore`] goes on from it, in another process too.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DriverState {
    /// Version of this JSON: 1.
    pub version: u32,
    /// What is being done.
    pub plan: Plan,
    /// How patiently.
    pub options: DriverOptions,
    pub(super) stage: Stage,
    pub(super) runs: Vec<TrackedRun>,
    pub(super) now: Timestamp,
    pub(super) began_at: Option<Timestamp>,
    pub(super) wave_began_at: Option<Timestamp>,
    pub(super) starts: Vec<StartRecord>,
    /// Who started it, and why.
    pub purpose: Purpose,
    /// The waves that are over.
    pub waves: Vec<WaveRecord>,
    pub(super) next_poll: Timestamp,
    pub(super) next_id: u64,
    /// The nodes before the first start.
    pub(super) baseline: Vec<NodeLoad>,
    /// The nodes as last seen.
    pub(super) nodes: Vec<NodeLoad>,
    /// When a count of the plan's nodes last changed.
    pub(super) changed_at: Timestamp,
    pub(super) alarm: Option<Alarm>,
    /// Whether the plan and the cluster were said to part.
    pub(super) has_drifted: bool,
    /// Requests that were sent and not answered. They do not survive a restart.
    #[serde(skip)]
    pub(super) pending: BTreeMap<RequestId, Question>,
    /// Answers of the poll in progress.
    #[serde(skip)]
    pub(super) round: Round,
}

/// How far a driver is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Stage {
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
pub(super) enum EndReason {
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
}

/// What became of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum TrackState {
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
pub(super) enum Question {
    Nodes,
    GlobalStatus,
    Availability(NodeName),
    Start(usize),
    Stop,
}

/// The answers of one poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Round {
    pub(super) open: bool,
    pub(super) status: Option<GlobalStatus>,
    pub(super) nodes: Option<NodeList>,
    pub(super) availability: BTreeMap<NodeName, Option<Availability>>,
    pub(super) lost: Option<Cause>,
}

impl DriverState {
    pub(super) fn new(plan: Plan, options: DriverOptions) -> Self {
        Self {
            version: crate::snapshot::VERSION,
            runs: plan.runs.iter().map(TrackedRun::new).collect(),
            plan,
            options,
            stage: Stage::Preflight,
            now: Timestamp::default(),
            began_at: None,
            wave_began_at: None,
            starts: Vec::new(),
            purpose: Purpose::default(),
            waves: Vec::new(),
            next_poll: Timestamp::default(),
            next_id: 0,
            baseline: Vec::new(),
            nodes: Vec::new(),
            changed_at: Timestamp::default(),
            alarm: None,
            has_drifted: false,
            pending: BTreeMap::new(),
            round: Round::default(),
        }
    }

    /// Forgets what died with the process: requests on their way. A start among them may have
    /// arrived.
    pub(super) fn after_restart(mut self) -> Self {
        for tracked in &mut self.runs {
            if tracked.state == TrackState::Asked {
                let cause = Cause {
                    kind: "timeout".to_owned(),
                    message: "the process ended before the answer came".to_owned(),
                };
                tracked.state = TrackState::Doubtful { empty: 0, may_repeat: true, cause };
            }
        }
        self.pending.clear();
        self.round = Round::default();
        self.next_poll = self.now;
        self
    }

    /// The nodes of all runs, each once, in the plan's order.
    pub(super) fn plan_nodes(&self) -> Vec<&NodeName> {
        let mut nodes = Vec::new();
        for node in self.runs.iter().flat_map(|tracked| &tracked.run.nodes) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        nodes
    }

    /// When the first start of the wave was sent.
    pub(super) fn started_at(&self) -> Option<Timestamp> {
        let began = self.wave_began_at.or(self.began_at)?;
        self.starts.iter().map(|start| start.at).filter(|at| *at >= began).min()
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

impl TrackedRun {
    pub(super) fn new(run: &Run) -> Self {
        Self { run: run.clone(), state: TrackState::Pending }
    }
    /// Whether EMQX may run it now.
    pub(super) fn is_live(&self) -> bool {
        matches!(
            self.state,
            TrackState::Asked | TrackState::Doubtful { .. } | TrackState::Running { .. }
        )
    }

    /// Whether EMQX ran it at any time.
    pub(super) fn was_started(&self) -> bool {
        self.is_live() || self.state == TrackState::Gone
    }

    /// Whether `status` shows it: a rebalance by the same coordinator over the same nodes. EMQX may
    /// tell donors from recipients in another way than the plan if counts moved in between.
    pub(super) fn is_shown(&self, status: &crate::emqx::RunStatus) -> bool {
        let shown = status.donors.iter().chain(&status.recipients);
        status.coordinator == self.run.coordinator
            && shown.clone().count() == self.run.nodes.len()
            && shown.into_iter().all(|node| self.run.nodes.contains(node))
    }
}
