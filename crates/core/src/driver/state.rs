//! Everything a driver knows, as a value that can be stored and read back.

use super::job::JobState;
use super::options::DriverOptions;
use super::record::{Purpose, WaveRecord};
use super::stage::Stage;
use super::track::Track;
use super::watch::Watch;
use crate::emqx::{GlobalStatus, RunStatus};
use crate::evacuate::EvacuationPlan;
use crate::forecast::Forecast;
use crate::job::Job;
use crate::node::NodeName;
use crate::plan::Plan;
use crate::units::Timestamp;
use serde::Serialize;

/// Everything a driver knows. Store it after every step and before the step's requests are sent;
/// [`super::Driver::restore`] goes on from it, in another process too.
///
/// Its JSON is read as a [`super::StoredRebalance`] or a [`super::StoredEvacuation`]: `kind` says which.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriverState {
    /// Version of this JSON: 1.
    pub version: u32,
    #[serde(flatten)]
    pub(super) job: JobState,
    /// How patiently.
    pub options: DriverOptions,
    /// Who started it, and why.
    pub purpose: Purpose,
    pub(super) stage: Stage,
    pub(super) runs: Vec<Track>,
    pub(super) watch: Watch,
}

impl DriverState {
    pub(super) fn new(job: JobState, options: DriverOptions) -> Self {
        Self {
            version: crate::snapshot::VERSION,
            runs: job.tracks(),
            job,
            options,
            purpose: Purpose::default(),
            stage: Stage::Preflight,
            watch: Watch::default(),
        }
    }

    /// Forgets what died with the process: requests on their way. A start among them may have
    /// arrived.
    pub(super) fn after_restart(mut self) -> Self {
        for track in &mut self.runs {
            track.was_doubted |= track.state.doubt_after_restart();
        }
        self.watch.forget_requests();
        self.stage.look_again(&mut self.watch);
        self.job.after_restart();
        self
    }

    /// What is done: of several waves the present one's plan.
    pub fn job(&self) -> Job {
        match &self.job {
            JobState::Rebalance(job) => job.plan.clone().into(),
            JobState::Evacuation(job) => job.plan.clone().into(),
        }
    }

    /// The plan, if it is of a rebalance: of several waves the present one's.
    pub fn plan(&self) -> Option<&Plan> {
        match &self.job {
            JobState::Rebalance(job) => Some(&job.plan),
            JobState::Evacuation(_) => None,
        }
    }

    /// The plan, if it is of an evacuation.
    pub fn evacuation_plan(&self) -> Option<&EvacuationPlan> {
        match &self.job {
            JobState::Rebalance(_) => None,
            JobState::Evacuation(job) => Some(&job.plan),
        }
    }

    /// What the user was promised of a rebalance: the plan of the first wave.
    pub fn promised(&self) -> Option<&Plan> {
        match &self.job {
            JobState::Rebalance(job) => Some(job.promised()),
            JobState::Evacuation(_) => None,
        }
    }

    /// What is promised, of the present wave.
    pub fn forecast(&self) -> &Forecast {
        self.job.forecast()
    }

    /// The waves that are over.
    pub fn waves(&self) -> &[WaveRecord] {
        match &self.job {
            JobState::Rebalance(job) => &job.waves,
            JobState::Evacuation(_) => &[],
        }
    }

    /// Leaves out the forecasts' curves, which are most of a large state, where there is no room for
    /// them. A driver goes on without, but does not say any more that clients move slower than
    /// expected.
    pub fn leave_out_curves(&mut self) {
        self.job.leave_out_curves();
    }

    /// When the first start of the wave was sent.
    pub(super) fn started_at(&self) -> Option<Timestamp> {
        self.starts_of_wave().min()
    }

    /// When the last start of the wave was sent, so far.
    pub(super) fn last_start_at(&self) -> Option<Timestamp> {
        self.starts_of_wave().max()
    }

    /// When the wave began.
    pub(super) fn wave_began_at(&self) -> Option<Timestamp> {
        self.job.wave_began_at().or(self.watch.began_at)
    }

    fn starts_of_wave(&self) -> impl Iterator<Item = Timestamp> {
        let began = self.wave_began_at().unwrap_or(self.watch.now);
        self.watch.starts.iter().map(|start| start.at).filter(move |at| *at >= began)
    }

    /// Whether `entry` of `status` shows something of ours.
    pub(super) fn is_ours(&self, entry: &RunStatus, status: &GlobalStatus) -> bool {
        self.runs.iter().any(|track| track.is_entry(entry, status))
    }

    /// The donors of all that was started, each once.
    pub(super) fn donors(&self) -> Vec<NodeName> {
        let begun = self.runs.iter().filter(|track| track.was_started());
        each_once(begun.flat_map(Track::donors))
    }
}

/// `nodes`, each once, in their order.
pub(super) fn each_once<'a>(nodes: impl Iterator<Item = &'a NodeName>) -> Vec<NodeName> {
    let mut once: Vec<NodeName> = Vec::new();
    for node in nodes {
        if !once.contains(node) {
            once.push(node.clone());
        }
    }
    once
}
