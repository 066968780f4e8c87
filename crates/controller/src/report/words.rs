//! Plans, progress and outcomes in words.

use super::{PlanStatus, ProgressStatus};
use emqx_rebalance_core::driver::{OutcomeKind, Progress};
use emqx_rebalance_core::{Decision, Job, Mode, Plan};

/// What `plan` will do, in a sentence.
pub(crate) fn plan_message(plan: &Job) -> String {
    match plan {
        Job::Rebalance(plan) => rebalance_message(plan),
        Job::Evacuation(plan) => format!(
            "{} is emptied within about {} s; drops {} clients",
            plan.node(),
            plan.forecast.duration_s,
            plan.forecast.disconnects,
        ),
    }
}

fn rebalance_message(plan: &Plan) -> String {
    if plan.decision == Decision::NothingToBalance {
        let reason = plan.reason.as_deref().unwrap_or("the nodes are within the thresholds");
        return format!("nothing to balance: {reason}");
    }
    let runs = match plan.runs.len() {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    format!(
        "{runs}, about {} s; drops {} clients (the fewest possible is {}); fullest node {} over the \
         mean now, {} at the end",
        plan.forecast.duration_s,
        plan.forecast.disconnects,
        plan.bounds.fewest_disconnects,
        percent(plan.balance.before.over),
        percent(plan.balance.after.over),
    )
}

pub(super) fn plan_status(job: &Job) -> PlanStatus {
    let (mode, runs, forecast, fewest, findings) = match job {
        Job::Rebalance(plan) => {
            let mode = match plan.mode {
                Mode::Single => "single",
                Mode::Level => "level",
            };
            let fewest = plan.bounds.fewest_disconnects;
            (mode, plan.runs.len(), &plan.forecast, fewest, &plan.findings)
        }
        Job::Evacuation(plan) => {
            ("evacuation", 1, &plan.forecast, plan.forecast.disconnects, &plan.findings)
        }
    };
    PlanStatus {
        mode: mode.to_owned(),
        runs: u32::try_from(runs).unwrap_or(u32::MAX),
        duration_seconds: forecast.duration_s,
        disconnects: forecast.disconnects,
        fewest_disconnects: fewest,
        over_before: percent(job.balance().before.over),
        over_after: percent(job.balance().after.over),
        findings: findings.iter().map(|finding| finding.message.clone()).collect(),
    }
}

/// How far a plan is, in a sentence.
pub(crate) fn progress_message(progress: &Progress) -> String {
    let Progress { moved, to_move, percent, .. } = progress;
    let left = progress.eta_s.map(|s| format!(", about {s} s left")).unwrap_or_default();
    format!("{moved} of {to_move} connections moved, {percent:.0}%{left}")
}

pub(super) fn progress_status(progress: &Progress) -> ProgressStatus {
    ProgressStatus {
        moved: progress.moved,
        to_move: progress.to_move,
        percent: format!("{:.0}%", progress.percent),
        eta_seconds: progress.eta_s,
        elapsed_seconds: progress.elapsed_s,
    }
}

/// The verdict as a condition's reason.
pub(crate) const fn outcome_reason(result: OutcomeKind) -> &'static str {
    match result {
        OutcomeKind::Completed => "Completed",
        OutcomeKind::AlreadyBalanced => "AlreadyBalanced",
        OutcomeKind::Stopped => "Stopped",
        OutcomeKind::Vanished => "Vanished",
        OutcomeKind::Stalled => "Stalled",
        OutcomeKind::Aborted => "Aborted",
        OutcomeKind::Refused => "Refused",
        OutcomeKind::TimedOut => "TimedOut",
        _ => "Ended",
    }
}

/// A share such as 0.333 as "33.3%".
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}
