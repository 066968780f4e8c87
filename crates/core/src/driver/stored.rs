//! Reads the states that drivers of any version have stored.

use super::job::{Evacuation, JobState, PilotState, Rebalance, Unshown};
use super::options::DriverOptions;
use super::record::{Purpose, WaveRecord};
use super::stage::Stage;
use super::state::DriverState;
use super::track::{Task, Track, TrackState};
use super::watch::Watch;
use crate::emqx::{self, RunState};
use crate::evacuate::EvacuationPlan;
use crate::node::NodeName;
use crate::plan::{Plan, Run};
use crate::units::Timestamp;
use serde::Deserialize;

/// The stored state of a rebalance, to be [restored](super::Driver::restore).
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "DriverState", optional_fields))]
pub struct StoredRebalance {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// What is being done.
    pub plan: Plan,
    /// How patiently.
    pub options: DriverOptions,
    #[cfg_attr(feature = "typescript", ts(skip))]
    stage: Stage,
    #[cfg_attr(feature = "typescript", ts(skip))]
    runs: Vec<StoredTrack<Run>>,
    #[cfg_attr(feature = "typescript", ts(skip))]
    watch: Watch,
    #[cfg_attr(feature = "typescript", ts(skip))]
    wave_began_at: Option<Timestamp>,
    /// Who started it, and why.
    pub purpose: Purpose,
    /// The waves that are over.
    pub waves: Vec<WaveRecord>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    promised: Option<Box<Plan>>,
    #[cfg_attr(feature = "typescript", ts(skip))]
    has_drifted: bool,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pilot: Option<PilotState>,
}

impl From<StoredRebalance> for DriverState {
    fn from(stored: StoredRebalance) -> Self {
        let job = Rebalance {
            plan: stored.plan,
            wave_began_at: stored.wave_began_at,
            waves: stored.waves,
            promised: stored.promised,
            has_drifted: stored.has_drifted,
            pilot: stored.pilot,
        };
        Self {
            version: stored.version,
            job: JobState::Rebalance(Box::new(job)),
            options: stored.options,
            purpose: stored.purpose,
            stage: stored.stage,
            runs: stored.runs.into_iter().map(Track::from).collect(),
            watch: stored.watch,
        }
    }
}

/// The stored state of an evacuation, to be [restored](super::Driver::restore).
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(rename = "EvacuatorState", optional_fields))]
pub struct StoredEvacuation {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// What is being done.
    pub plan: EvacuationPlan,
    /// How patiently.
    pub options: DriverOptions,
    /// Who asked for it, and why.
    #[serde(default)]
    pub purpose: Purpose,
    #[cfg_attr(feature = "typescript", ts(skip))]
    stage: Stage,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    runs: Vec<StoredTrack<Evacuating>>,
    /// This and the next four stood instead of `runs` until November 2026.
    #[cfg_attr(feature = "typescript", ts(skip))]
    track: Option<TrackState>,
    #[cfg_attr(feature = "typescript", ts(skip))]
    shown: Option<RunState>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    is_over: bool,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    was_told: bool,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    was_doubted: bool,
    #[cfg_attr(feature = "typescript", ts(skip))]
    others: Vec<NodeName>,
    #[cfg_attr(feature = "typescript", ts(skip))]
    empty_since: Option<Timestamp>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    silence: Unshown,
    #[cfg_attr(feature = "typescript", ts(skip))]
    watch: Watch,
}

impl StoredEvacuation {
    /// Whether it says what became of the start. One that does not is damaged: who goes on from it would
    /// take the evacuation for gone.
    pub fn is_whole(&self) -> bool {
        self.track.is_some() || !self.runs.is_empty()
    }
}

impl From<StoredEvacuation> for DriverState {
    fn from(stored: StoredEvacuation) -> Self {
        let StoredEvacuation { plan, others, empty_since, silence, .. } = stored;
        let job = Evacuation { plan, others, empty_since, silence };
        let runs = match stored.track {
            Some(state) => vec![Track {
                state,
                shown: stored.shown,
                is_over: stored.is_over,
                was_told: stored.was_told,
                was_doubted: stored.was_doubted,
                ..Track::new(job.task())
            }],
            None => stored.runs.into_iter().map(Track::from).collect(),
        };
        Self {
            version: stored.version,
            job: JobState::Evacuation(Box::new(job)),
            options: stored.options,
            purpose: stored.purpose,
            stage: stored.stage,
            runs,
            watch: stored.watch,
        }
    }
}

/// One start and what became of it. What came later than the first version is left out by that.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct StoredTrack<T> {
    #[serde(alias = "evacuation")]
    run: T,
    state: TrackState,
    shown: Option<RunState>,
    #[serde(default)]
    is_cut_short: bool,
    #[serde(default)]
    is_stopped: bool,
    #[serde(default)]
    is_over: bool,
    #[serde(default)]
    was_told: bool,
    #[serde(default)]
    was_doubted: bool,
    #[serde(default)]
    unplanned: Vec<NodeName>,
    lost: Option<NodeName>,
}

/// What is evacuated, and how.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Evacuating {
    node: NodeName,
    evacuation: emqx::Evacuation,
}

impl From<Run> for Task {
    fn from(run: Run) -> Self {
        Self::Run(run)
    }
}

impl From<Evacuating> for Task {
    fn from(Evacuating { node, evacuation }: Evacuating) -> Self {
        Self::Evacuation { node, evacuation }
    }
}

impl<T: Into<Task>> From<StoredTrack<T>> for Track {
    fn from(stored: StoredTrack<T>) -> Self {
        Self {
            task: stored.run.into(),
            state: stored.state,
            shown: stored.shown,
            is_cut_short: stored.is_cut_short,
            is_stopped: stored.is_stopped,
            is_over: stored.is_over,
            was_told: stored.was_told,
            was_doubted: stored.was_doubted,
            unplanned: stored.unplanned,
            lost: stored.lost,
        }
    }
}
