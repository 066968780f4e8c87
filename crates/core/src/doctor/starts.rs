//! What a start with default options would do now, or why it would be refused.

use super::check::{Check, CheckName as Name, CheckState as State};
use super::{Known, Readings};
use crate::error::Result;
use crate::plan::{Decision, Finding, FindingCode, Mode, Plan, PlanOptions, Severity, plan};
use crate::strategy::Strategy;

pub(super) fn checks(readings: &Readings, known: &Known) -> Vec<Check> {
    let single = PlanOptions { mode: Mode::Single, ..PlanOptions::default() };
    let of = |options: &PlanOptions| -> Result<Plan> {
        plan(readings.snapshot.as_ref().map_err(Clone::clone)?, &Strategy::default(), options)
    };
    let plans = [(Name::StartSingle, of(&single)), (Name::StartLevel, of(&known.level))];
    let mut checks = vec![reconnects(known)];
    checks.extend(plans.iter().map(|(name, plan)| start(*name, plan)));
    let planned = plans.iter().filter_map(|(_, plan)| plan.as_ref().ok());
    checks.extend(warnings(planned.filter(|plan| plan.errors().next().is_none())));
    checks
}

fn reconnects(known: &Known) -> Check {
    match &known.remembered {
        Some(finding) => Check::ok(Name::Reconnects, &finding.message),
        None => {
            let detail =
                "the history has no rebalance of this cluster that tells how clients come back";
            let hint = "give a reconnect profile, or measure it with a pilot";
            Check::new(Name::Reconnects, State::Unknown, detail).hint(hint)
        }
    }
}

fn start(name: Name, plan: &Result<Plan>) -> Check {
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => {
            let check = Check::because(name, State::Problem, error);
            return Check { detail: format!("cannot be planned: {}", check.detail), ..check };
        }
    };
    let refusals: Vec<&str> = plan.errors().map(|finding| finding.message.as_str()).collect();
    if !refusals.is_empty() {
        let check = Check::new(name, State::Problem, refused(&refusals));
        return check.hint("mend that first; a forced start goes ahead all the same");
    }
    match (plan.decision, &plan.reason) {
        (Decision::NothingToBalance, Some(reason)) => {
            Check::ok(name, format!("nothing to balance: {reason}"))
        }
        (Decision::NothingToBalance, None) => Check::ok(name, "nothing to balance"),
        (Decision::Start, _) => Check::ok(name, would_start(plan)),
    }
}

fn refused(refusals: &[&str]) -> String {
    format!("would be refused: {}", refusals.join("; "))
}

fn would_start(plan: &Plan) -> String {
    let counted = |number: usize, what: &str| {
        let ending = if number == 1 { "" } else { "s" };
        format!("{number} {what}{ending}")
    };
    format!(
        "could start: {}, from {} to {}",
        counted(plan.runs.len(), "rebalance"),
        counted(plan.donors.len(), "donor"),
        counted(plan.recipients.len(), "recipient"),
    )
}

/// Each warning of plans that can start once, whichever has it. What is a check of its own is not said again.
fn warnings<'a>(plans: impl Iterator<Item = &'a Plan>) -> Vec<Check> {
    let mut seen = Vec::<&Finding>::new();
    for finding in plans.flat_map(|plan| &plan.findings) {
        if finding.severity == Severity::Warning && !is_said(finding) && !seen.contains(&finding) {
            seen.push(finding);
        }
    }
    let check = |finding: &Finding| Check {
        node: finding.node.clone(),
        ..Check::new(Name::Finding, State::Warning, &finding.message)
    };
    seen.into_iter().map(check).collect()
}

fn is_said(finding: &Finding) -> bool {
    matches!(
        finding.code,
        FindingCode::NodeDown | FindingCode::NodeUnknown | FindingCode::RunInProgress
    )
}
