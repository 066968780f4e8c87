//! A plan that waits for somebody, and what becomes of it.

use super::decision::{Decision, Trigger};
use super::engine::{Action, Engine, cause};
use super::figures::Figures;
use super::gates::{Moment, Ready};
use super::input::Observation;
use super::options::{Mode, Policy};
use super::reason::Reason;
use super::words::{percent, span};
use crate::driver::Purpose;
use crate::plan::{Plan, Tolerance};
use crate::snapshot::Snapshot;
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

impl Engine {
    /// What becomes of a proposal: it goes on waiting, starts, or is of no use any more.
    pub(super) fn wait(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
        proposal: Proposal,
        over: f64,
    ) -> (Vec<Action>, Decision) {
        if let Some(why) = stale(policy, now, seen, &proposal, over) {
            let detail = format!("proposal {} is withdrawn: {why}", proposal.id);
            let decision = Decision::new(now, Reason::Withdrawn, detail);
            return (Vec::new(), decision.of(proposal.trigger).about(&proposal.figures));
        }
        let about = |decision: Decision| decision.of(proposal.trigger).about(&proposal.figures);
        let Some(consent) = proposal.approved.clone() else {
            let detail =
                format!("proposal {} waits for {}", proposal.id, span(proposal.age_ms(now)));
            let decision = about(Decision::new(now, Reason::AwaitingApproval, detail));
            self.proposal = Some(proposal);
            return (Vec::new(), decision);
        };
        if let Err(decision) = (Moment { policy, now, seen, engine: self }).ripe(&proposal.figures)
        {
            let detail = format!(
                "proposal {}, which {} approved, waits: {}",
                proposal.id, consent.who, decision.detail
            );
            let decision = about(Decision { detail, ..*decision });
            self.proposal = Some(proposal);
            return (Vec::new(), decision);
        }
        let Proposal { trigger, plan, figures, .. } = proposal;
        let reason = consent.why.unwrap_or_else(|| cause(trigger, &figures));
        let purpose = Purpose { who: Some(consent.who), reason: Some(reason) };
        self.start(policy, now, seen, Ready { plan, figures, trigger }, purpose)
    }

    pub(super) fn approve(&mut self, now: Timestamp, id: u64, consent: Consent) -> Decision {
        let consent = Consent { at: now, ..consent };
        let Some(proposal) = self.proposal.as_mut().filter(|proposal| proposal.id == id) else {
            return unknown(now, id);
        };
        let decision = said(now, Reason::Approved, "approved", id, &consent).of(proposal.trigger);
        proposal.approved.get_or_insert(consent);
        decision.about(&proposal.figures)
    }

    pub(super) fn reject(&mut self, now: Timestamp, id: u64, consent: Consent) -> Decision {
        let Some(proposal) = self.proposal.take_if(|proposal| proposal.id == id) else {
            return unknown(now, id);
        };
        // What was said no to is not asked again at once.
        self.ledger.rest(now);
        self.calm_down();
        let decision = said(now, Reason::Rejected, "rejected", id, &consent).of(proposal.trigger);
        decision.about(&proposal.figures)
    }
}

/// Why a proposal is of no use any more.
fn stale(
    policy: &Policy,
    now: Timestamp,
    seen: &Observation<'_>,
    proposal: &Proposal,
    over: f64,
) -> Option<String> {
    if policy.mode != Mode::Propose && proposal.approved.is_none() {
        return Some(format!("the policy's mode is {} now", policy.mode.as_str()));
    }
    let (age_ms, most_ms) = (proposal.age_ms(now), u64::from(policy.approval_s) * 1000);
    if age_ms >= most_ms {
        return Some(format!("it waited for {}", span(most_ms)));
    }
    if over < policy.balanced_over {
        return Some(format!("the fullest node is {} over the mean by now", percent(over)));
    }
    let snapshot = Snapshot::new(seen.status.nodes.clone()).ok()?;
    let made_at = proposal.made_at.as_ms();
    let fits = proposal.plan.check_fits(&snapshot, made_at, &Tolerance::default());
    fits.err().map(|error| error.to_string())
}

fn said(now: Timestamp, reason: Reason, verb: &str, id: u64, consent: &Consent) -> Decision {
    let why = consent.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let detail = format!("{} {verb} proposal {id}{why}", consent.who);
    Decision { who: Some(consent.who.clone()), ..Decision::new(now, reason, detail) }
}

fn unknown(now: Timestamp, id: u64) -> Decision {
    Decision::new(now, Reason::Withdrawn, format!("there is no proposal {id} any more"))
}
