//! What a driver does: rebalance a cluster, or empty a node.
//!
//! Here is what each kind keeps; what it does otherwise than the other one stands in a file of its own,
//! and [`either`] asks whichever it is.

mod either;
mod evacuation;
mod goal;
mod pilot;
mod rebalance;
mod wave;
mod worth;

use super::record::WaveRecord;
use super::steer;
use super::track::{Task, Track};
use crate::evacuate::EvacuationPlan;
use crate::forecast::{Curve, Forecast};
use crate::job::Job;
use crate::node::NodeName;
use crate::plan::{Decision, PilotRun, Plan};
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What is done, and what is known of that alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum JobState {
    Rebalance(Box<Rebalance>),
    Evacuation(Box<Evacuation>),
}

/// A rebalance, in one wave of runs or several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Rebalance {
    /// Of the present wave.
    pub(super) plan: Plan,
    pub(super) wave_began_at: Option<Timestamp>,
    /// The waves that are over.
    pub(super) waves: Vec<WaveRecord>,
    /// The plan of the first wave, its curve in a few points, once another one has begun: what was
    /// promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) promised: Option<Box<Plan>>,
    /// Whether the plan and the cluster were said to part.
    pub(super) has_drifted: bool,
    /// The part that goes first to see how clients come back, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pilot: Option<PilotState>,
}

/// How far a pilot is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct PilotState {
    /// Whether it is over.
    pub(super) is_over: bool,
    /// Clients that it has moved.
    pub(super) moved: u64,
}

impl Rebalance {
    pub(super) fn new(plan: Plan) -> Self {
        let pilot = plan.pilot.as_ref().map(|_| PilotState::default());
        Self {
            plan,
            wave_began_at: None,
            waves: Vec::new(),
            promised: None,
            has_drifted: false,
            pilot,
        }
    }

    /// The run that goes first, while it does.
    pub(super) fn piloting(&self) -> Option<&PilotRun> {
        let goes_on = self.pilot.is_some_and(|pilot| !pilot.is_over);
        self.plan.pilot.as_ref().filter(|_| goes_on)
    }

    /// What EMQX is to be asked to do now, in this order.
    fn tracks(&self) -> Vec<Track> {
        match self.piloting() {
            Some(pilot) => vec![Track::new(Task::Run(pilot.run.clone()))],
            None => steer::tracks(&self.plan),
        }
    }

    /// What the user was promised: the plan of the first wave.
    pub(super) fn promised(&self) -> &Plan {
        self.promised.as_deref().unwrap_or(&self.plan)
    }
}

/// The evacuation of a node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Evacuation {
    pub(super) plan: EvacuationPlan,
    /// Other nodes that were being evacuated before ours.
    pub(super) others: Vec<NodeName>,
    /// Since when the node's own counts are 0 although EMQX moves sessions.
    pub(super) empty_since: Option<Timestamp>,
    /// What it means if EMQX shows no evacuation.
    pub(super) silence: Unshown,
}

impl Evacuation {
    pub(super) fn new(plan: EvacuationPlan) -> Self {
        Self { plan, others: Vec::new(), empty_since: None, silence: Unshown::default() }
    }

    /// What EMQX is asked to do.
    pub(super) fn task(&self) -> Task {
        let asked = &self.plan.asked;
        Task::Evacuation { node: asked.node.clone(), evacuation: asked.evacuation.clone() }
    }

    /// Whether the node is down, or may be booting: EMQX shows no evacuation then, and goes on with it
    /// once the node is up.
    pub(super) fn is_away(&self, now: Timestamp) -> bool {
        match self.silence {
            Unshown::MeansNone => false,
            Unshown::MeansNothing { until } => now < until,
            Unshown::Unheard => true,
        }
    }
}

/// What it means if EMQX shows no evacuation.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unshown {
    /// That there is none.
    #[default]
    MeansNone,
    /// Nothing: the node is down, or may be booting.
    MeansNothing { until: Timestamp },
    /// Nothing yet: who restored this does not know whether the node was restarted meanwhile.
    Unheard,
}

impl JobState {
    pub(super) fn new(job: Job) -> Self {
        match job {
            Job::Rebalance(plan) => Self::Rebalance(Box::new(Rebalance::new(*plan))),
            Job::Evacuation(plan) => Self::Evacuation(Box::new(Evacuation::new(*plan))),
        }
    }

    /// What EMQX is to be asked to do, in this order.
    pub(super) fn tracks(&self) -> Vec<Track> {
        match self {
            Self::Rebalance(job) => job.tracks(),
            Self::Evacuation(job) => vec![Track::new(job.task())],
        }
    }

    /// What is promised, of the present wave.
    pub(super) fn forecast(&self) -> &Forecast {
        match self {
            Self::Rebalance(job) => &job.plan.forecast,
            Self::Evacuation(job) => &job.plan.forecast,
        }
    }

    /// Why there is nothing to do, if there is not.
    pub(super) fn needless(&self) -> Option<String> {
        let Self::Rebalance(job) = self else { return None };
        let is_needed = job.plan.decision == Decision::Start && !job.plan.runs.is_empty();
        let reason =
            || job.plan.reason.clone().unwrap_or_else(|| "the plan has no runs".to_owned());
        (!is_needed).then(reason)
    }

    /// When the present wave began, if it is not the first one.
    pub(super) fn wave_began_at(&self) -> Option<Timestamp> {
        match self {
            Self::Rebalance(job) => job.wave_began_at,
            Self::Evacuation(_) => None,
        }
    }

    /// Clients that a pilot has moved, which is over.
    pub(super) fn moved_by_pilot(&self) -> u64 {
        match self {
            Self::Rebalance(job) => job.pilot.map_or(0, |pilot| pilot.moved),
            Self::Evacuation(_) => 0,
        }
    }

    /// Gives nodes the weights that they were planned with: EMQX knows none.
    pub(super) fn weigh(&self, nodes: &mut [NodeLoad]) {
        if let Self::Rebalance(job) = self {
            job.plan.fingerprint.weigh(nodes);
        }
    }

    /// What to keep of what was promised, its curve in a few points.
    pub(super) fn kept(&self) -> Job {
        match self {
            Self::Rebalance(job) => {
                let mut plan = job.promised().clone();
                plan.abridge();
                Job::from(plan)
            }
            Self::Evacuation(job) => {
                let mut plan = job.plan.clone();
                plan.forecast.curve.abridge();
                Job::from(plan)
            }
        }
    }

    pub(super) fn leave_out_curves(&mut self) {
        match self {
            Self::Rebalance(job) => {
                job.plan.without_curve();
                if let Some(promised) = &mut job.promised {
                    promised.without_curve();
                }
            }
            Self::Evacuation(job) => job.plan.forecast.curve = Curve::default(),
        }
    }

    /// Forgets what may have changed while no process drove.
    pub(super) fn after_restart(&mut self) {
        if let Self::Evacuation(job) = self {
            job.silence = Unshown::Unheard;
        }
    }
}
