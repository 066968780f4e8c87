//! What people see of a policy.

use crate::own::{DecisionStatus, PolicyStatus, ProposalStatus};
use crate::report::percent;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::policy::{Decision, Engine, Proposal};
use jiff::Unit;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Shows on `status` what the engine remembers and has decided.
pub(super) fn decided(status: &mut PolicyStatus, engine: &Engine) {
    let journal = engine.journal();
    let mut decisions = journal.decisions().rev().map(decision);
    status.decision = decisions.next();
    status.decisions = decisions.take(MOST).collect();
    status.would_have_started = journal.would().rev().take(MOST).map(decision).collect();
    status.proposal = engine.proposal().map(proposal);
}

/// Shows how the cluster was read at `now`.
pub(super) fn read(status: &mut PolicyStatus, now: Timestamp, seen: &Status, over: Option<f64>) {
    let known = seen.nodes.iter().filter(|load| load.status.counts());
    let clients = known.map(|load| load.connections).fold(0, u64::saturating_add);
    status.read_time = Some(written(now));
    status.clients = Some(clients);
    status.over = over.map(percent);
    status.nodes = seen.nodes.iter().map(|load| load.node.to_string()).collect();
}

/// Says whether the policy is `ready` to decide, or `stalled` until somebody changes it, each with why.
pub(super) fn standing(
    status: &mut PolicyStatus,
    now: Timestamp,
    generation: Option<i64>,
    [ready, stalled]: [Result<(), (&str, &str)>; 2],
) {
    let conditions = [("Ready", true, ready), ("Stalled", false, stalled)];
    status.observed_generation = generation;
    status.conditions = conditions
        .into_iter()
        .map(|(kind, is_good, found)| {
            let (reason, message) = found.err().unwrap_or((AS_IT_SHOULD, "as it should be"));
            let holds = found.is_ok() == is_good;
            let word = if holds { "True" } else { "False" };
            let before = status.conditions.iter().find(|c| c.type_ == kind && c.status == word);
            Condition {
                type_: kind.to_owned(),
                status: word.to_owned(),
                reason: reason.to_owned(),
                message: message.to_owned(),
                observed_generation: generation,
                last_transition_time: before
                    .map_or_else(|| time(now), |c| c.last_transition_time.clone()),
            }
        })
        .collect();
}

fn decision(decision: &Decision) -> DecisionStatus {
    DecisionStatus {
        reason: decision.reason.as_str().to_owned(),
        message: decision.detail.clone(),
        since: written(decision.at),
        times: decision.times,
    }
}

fn proposal(proposal: &Proposal) -> ProposalStatus {
    let figures = &proposal.figures;
    ProposalStatus {
        id: proposal.id,
        made: written(proposal.made_at),
        over_before: percent(figures.over_before),
        over_after: percent(figures.over_after),
        disconnects: figures.disconnects,
        duration_seconds: figures.duration_s,
        approved: proposal.approved.is_some(),
    }
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    let ms = i64::try_from(at.as_ms()).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    at.round(Unit::Second).unwrap_or(at)
}

fn time(at: Timestamp) -> Time {
    Time(moment(at))
}

fn written(at: Timestamp) -> String {
    moment(at).to_string()
}

const AS_IT_SHOULD: &str = "AsItShould";
/// Decisions that people look back on; the state keeps more.
const MOST: usize = 20;
