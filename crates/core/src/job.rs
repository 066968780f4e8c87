//! What is done to a cluster, a rebalance or an evacuation, where it does not matter which.

use crate::balance::BalanceChange;
use crate::driver::{Driver, DriverState, Input, Outcome, Record, Status, Step};
use crate::error::Result;
use crate::evacuate::{EvacuationPlan, Evacuator, EvacuatorState};
use crate::plan::Plan;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// A rebalance or an evacuation on its way to its verdict.
///
/// As JSON it is all that its driver knows: a [`DriverState`] or an [`EvacuatorState`], of which it is
/// made again.
#[derive(Clone, Debug)]
pub enum Job {
    /// The runs of a plan.
    Rebalance(Box<Driver>),
    /// The evacuation of a node.
    Evacuation(Box<Evacuator>),
}

impl Job {
    /// Takes one input and returns everything that follows from it; see [`Driver::step`].
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        match self {
            Self::Rebalance(driver) => driver.step(now, input),
            Self::Evacuation(evacuator) => evacuator.step(now, input),
        }
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        match self {
            Self::Rebalance(driver) => driver.status(),
            Self::Evacuation(evacuator) => evacuator.status(),
        }
    }

    /// The verdict, once there is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Rebalance(driver) => driver.outcome(),
            Self::Evacuation(evacuator) => evacuator.outcome(),
        }
    }

    /// What is worth keeping, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        match self {
            Self::Rebalance(driver) => driver.record(),
            Self::Evacuation(evacuator) => evacuator.record(),
        }
    }
}

impl From<Driver> for Job {
    fn from(driver: Driver) -> Self {
        Self::Rebalance(Box::new(driver))
    }
}

impl From<Evacuator> for Job {
    fn from(evacuator: Evacuator) -> Self {
        Self::Evacuation(Box::new(evacuator))
    }
}

impl Serialize for Job {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Rebalance(driver) => driver.state().serialize(serializer),
            Self::Evacuation(evacuator) => evacuator.state().serialize(serializer),
        }
    }
}

impl From<DriverState> for Job {
    /// The job that goes on from a stored state; see [`Driver::restore`].
    fn from(state: DriverState) -> Self {
        Driver::restore(state).into()
    }
}

impl From<EvacuatorState> for Job {
    /// The job that goes on from a stored state; see [`Evacuator::restore`].
    fn from(state: EvacuatorState) -> Self {
        Evacuator::restore(state).into()
    }
}

/// What was to be done, of either kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(from = "Kept", tag = "kind", content = "plan", rename_all = "snake_case")]
pub enum JobPlan {
    /// A rebalance.
    Rebalance(Box<Plan>),
    /// The evacuation of a node.
    Evacuation(Box<EvacuationPlan>),
}

impl JobPlan {
    /// The plan, if it is of a rebalance.
    pub fn rebalance(&self) -> Option<&Plan> {
        match self {
            Self::Rebalance(plan) => Some(plan),
            Self::Evacuation(_) => None,
        }
    }

    /// The plan, if it is of an evacuation.
    pub fn evacuation(&self) -> Option<&EvacuationPlan> {
        match self {
            Self::Rebalance(_) => None,
            Self::Evacuation(plan) => Some(plan),
        }
    }

    /// The balance before and after, as planned.
    pub fn balance(&self) -> BalanceChange {
        match self {
            Self::Rebalance(plan) => plan.balance,
            Self::Evacuation(plan) => plan.balance,
        }
    }
}

/// Records of earlier versions are all of rebalances, and do not say so: the plan itself tells.
#[derive(Deserialize)]
#[serde(untagged, expecting = "the plan of a rebalance or of an evacuation")]
enum Kept {
    Evacuation {
        plan: Box<EvacuationPlan>,
    },
    Rebalance {
        #[serde(deserialize_with = "crate::plan::with_curve")]
        plan: Box<Plan>,
    },
}

impl From<Kept> for JobPlan {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Evacuation { plan } => Self::Evacuation(plan),
            Kept::Rebalance { plan } => Self::Rebalance(plan),
        }
    }
}
