//! A plan that waits for somebody.

use super::decision::Trigger;
use super::figures::Figures;
use crate::plan::Plan;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// A plan that waits for somebody to approve it, or was approved and waits for its time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Proposal {
    /// Its number: who approves it says which one was looked at.
    pub id: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// What called for it.
    pub trigger: Trigger,
    /// What it would do.
    pub plan: Box<Plan>,
    /// The same in numbers.
    pub figures: Figures,
    /// Who approved it, once somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Consent>,
}

/// Who approved or rejected a plan, and why.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Consent {
    /// A person or a program.
    pub who: String,
    /// The reason, such as a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Proposal {
    /// Milliseconds since it was made, or since it was approved.
    pub(super) fn age_ms(&self, now: Timestamp) -> u64 {
        now.ms_since(self.approved.as_ref().map_or(self.made_at, |consent| consent.at))
    }
}
