//! Everything a driver knows, as a value that can be stored and read back.

use super::guard::Guard;
use super::options::DriverOptions;
use super::outcome::{Cause, Outcome};
use super::record::Purpose;
use super::track::TrackedRun;
use super::watch::Watch;
use super::wave::WaveRecord;
use crate::node::NodeName;
use crate::plan::Plan;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything a driver knows. Store it after every step and before the step's requests are sent;
/// [`super::Driver::restore`] goes on from it, in another process too.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct DriverState {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
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
    /// The plan of the first wave, its curve in a few points, once another one has begun: what was
    /// promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) promised: Option<Box<Plan>>,
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
    /// Has a verdict. One that was given since the cluster could not be read is no last word: who
    /// goes on from it looks again.
    Done {
        outcome: Outcome,
        at: Timestamp,
        #[serde(default)]
        is_blind: bool,
    },
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
            promised: None,
            has_drifted: false,
        }
    }

    /// Forgets what died with the process: requests on their way. A start among them may have
    /// arrived.
    pub(super) fn after_restart(mut self) -> Self {
        for tracked in &mut self.runs {
            tracked.was_doubted |= tracked.state.doubt_after_restart();
        }
        self.watch.forget_requests();
        self.stage.look_again(&mut self.watch);
        self
    }

    /// Leaves out the forecasts' curves, which are most of a large state, where there is no room for
    /// them. A driver goes on without, but does not say any more that clients move slower than
    /// expected.
    pub fn leave_out_curves(&mut self) {
        self.plan.without_curve();
        if let Some(promised) = &mut self.promised {
            promised.without_curve();
        }
    }

    /// What the user was promised: the plan of the first wave.
    pub fn promised(&self) -> &Plan {
        self.promised.as_deref().unwrap_or(&self.plan)
    }

    /// The nodes that the promise is about, each once: those of its runs, and all others that its
    /// waves are to level.
    pub(super) fn promised_nodes(&self) -> Vec<NodeName> {
        let plan = self.promised();
        let moved = plan.moves.iter().map(|step| &step.node);
        let mut nodes: Vec<NodeName> = Vec::new();
        for node in plan.runs.iter().flat_map(|run| &run.nodes).chain(moved) {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
        nodes
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
        self.starts_of_wave().min()
    }

    /// When the last start of the wave was sent, so far.
    pub(super) fn last_start_at(&self) -> Option<Timestamp> {
        self.starts_of_wave().max()
    }

    fn starts_of_wave(&self) -> impl Iterator<Item = Timestamp> {
        let began = self.wave_began_at.or(self.watch.began_at).unwrap_or(self.watch.now);
        self.watch.starts.iter().map(|start| start.at).filter(move |at| *at >= began)
    }

    /// The nodes that any run sends clients to.
    pub(super) fn recipients(&self) -> Vec<NodeName> {
        self.runs.iter().flat_map(|tracked| tracked.run.recipients.iter().cloned()).collect()
    }

    /// The donors of all runs that were started, each once.
    pub(super) fn donors(&self) -> Vec<NodeName> {
        let mut donors = Vec::new();
        for tracked in self.runs.iter().filter(|tracked| tracked.was_started()) {
            for node in tracked.donors() {
                if !donors.contains(node) {
                    donors.push(node.clone());
                }
            }
        }
        donors
    }
}

impl Stage {
    /// Takes back a verdict that was given since the cluster could not be read. The time in which
    /// it could not counts against no limit.
    pub(crate) fn look_again(&mut self, watch: &mut Watch) {
        if let Self::Done { is_blind: true, .. } = self {
            *self = Self::Following;
            if let Some(silence) = watch.silence.take() {
                let silent_ms = watch.now.ms_since(silence.since);
                watch.paused_ms = watch.paused_ms.saturating_add(silent_ms);
            }
        }
    }

    /// The verdict, once there is one.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Done { outcome, .. } => Some(outcome),
            _ => None,
        }
    }
}
