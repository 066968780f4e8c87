//! How it ended, in one line.

use crate::ReportInput;
use crate::chart;
use crate::markup::text;
use emqx_rebalance_core::Decision;
use emqx_rebalance_core::driver::{Outcome, OutcomeKind};

/// The verdict, or what is planned if there is none.
pub(crate) fn section(input: &ReportInput<'_>) -> String {
    let (class, word, detail) = match input.outcome {
        Some(outcome) => of(outcome),
        None => unfinished(input),
    };
    format!(
        "<section class=\"verdict {class}\" aria-label=\"verdict\"><p class=\"word\">{}</p>\
         <p class=\"detail\">{}</p></section>",
        text(word),
        text(detail)
    )
}

fn of(outcome: &Outcome) -> (&'static str, String, String) {
    let mut detail = outcome.detail.clone();
    if let Some(cause) = outcome.cause.as_ref().filter(|cause| !detail.contains(&cause.message)) {
        detail = format!("{detail} ({}: {})", cause.kind, cause.message);
    }
    if !outcome.unchecked.is_empty() {
        let names: Vec<&str> = outcome.unchecked.iter().map(|node| node.as_str()).collect();
        detail = format!("{detail}. Not checked: {}", names.join(", "));
    }
    let (class, sign) = match outcome.result {
        result if result.is_success() => ("good", "✓"),
        OutcomeKind::Stopped => ("fair", "■"),
        _ => ("bad", "✗"),
    };
    (class, format!("{sign} {}", outcome.result.as_str().replace('_', " ")), detail)
}

fn unfinished(input: &ReportInput<'_>) -> (&'static str, String, String) {
    let plan = input.plan;
    if plan.decision == Decision::NothingToBalance {
        let reason = plan.reason.clone().unwrap_or_default();
        return ("good", "✓ nothing to balance".to_owned(), reason);
    }
    let moves = chart::disconnects(plan);
    let detail = format!("{moves} clients in {}", chart::forecast_time(plan));
    let word = if input.samples.is_empty() { "plan" } else { "no verdict" };
    ("fair", word.to_owned(), detail)
}
