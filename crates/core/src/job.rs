//! What is done to a cluster, a rebalance or an evacuation, where it does not matter which.

use crate::balance::BalanceChange;
use crate::evacuate::EvacuationPlan;
use crate::plan::{Finding, Plan, Severity};
use serde::{Deserialize, Serialize};

/// What is to be done, of either kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(from = "Kept", tag = "kind", content = "plan", rename_all = "snake_case")]
pub enum Job {
    /// A rebalance.
    Rebalance(Box<Plan>),
    /// The evacuation of a node.
    Evacuation(Box<EvacuationPlan>),
}

impl Job {
    /// The word of its kind: `rebalance` or `evacuation`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Rebalance(_) => "rebalance",
            Self::Evacuation(_) => "evacuation",
        }
    }

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

    /// Findings that forbid a start unless it is forced.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        let findings = match self {
            Self::Rebalance(plan) => &plan.findings,
            Self::Evacuation(plan) => &plan.findings,
        };
        findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// The balance before and after, as planned.
    pub fn balance(&self) -> BalanceChange {
        match self {
            Self::Rebalance(plan) => plan.balance,
            Self::Evacuation(plan) => plan.balance,
        }
    }
}

impl From<Plan> for Job {
    fn from(plan: Plan) -> Self {
        Self::Rebalance(Box::new(plan))
    }
}

impl From<EvacuationPlan> for Job {
    fn from(plan: EvacuationPlan) -> Self {
        Self::Evacuation(Box::new(plan))
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

impl From<Kept> for Job {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Evacuation { plan } => Self::Evacuation(plan),
            Kept::Rebalance { plan } => Self::Rebalance(plan),
        }
    }
}
