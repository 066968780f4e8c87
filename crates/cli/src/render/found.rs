//! What a resumed command finds.

use super::numbers::{count, counted};
use super::paper::Paper;
use super::table;
use crate::clock;
use emqx_rebalance_core::driver::{Driver, Purpose};
use emqx_rebalance_core::{EvacuationPlan, Plan, plain};

/// The `plan` of `driver`, of which EMQX runs `running` rebalances now.
pub(crate) fn found(plan: &Plan, driver: &Driver, running: usize, paper: Paper) -> String {
    let state = driver.state();
    let status = driver.status();
    let planned = plan.runs.len() as u64;
    let made_at_ms = plan.fingerprint.made_at_ms;
    let mut plan = "Going on with a plan".to_owned();
    if let Some(made_at_ms) = made_at_ms {
        plan.push_str(&format!(" of {}", clock::local(made_at_ms)));
    }
    if let Some(purpose) = purpose(&state.purpose) {
        plan.push_str(&format!(" ({purpose})"));
    }
    let moved = format!(
        "{} of {} clients had moved when it was left",
        count(status.progress.moved),
        count(status.progress.to_move)
    );
    let now = match running {
        0 => "EMQX shows none of its rebalances now".to_owned(),
        running => format!("EMQX runs {} of its {}", running, counted(planned, "rebalance")),
    };
    let text = format!("{plan}, round {}. {moved}; {now}.", status.wave);
    format!("{}\n", table::wrapped(&text, paper.without(0), ""))
}

/// The evacuation of `driver`, which EMQX shows or does not.
pub(crate) fn evacuation(
    plan: &EvacuationPlan,
    driver: &Driver,
    goes_on: bool,
    paper: Paper,
) -> String {
    let (state, progress) = (driver.state(), driver.status().progress);
    let purpose = purpose(&state.purpose).map_or_else(String::new, |text| format!(" ({text})"));
    let text = format!(
        "Going on with the evacuation of {}{purpose}. {} of {} clients had gone when it was left; \
         EMQX {} it now.",
        plan.node(),
        count(progress.moved),
        count(progress.to_move),
        if goes_on { "empties" } else { "does not empty" },
    );
    format!("{}\n", table::wrapped(&text, paper.without(0), ""))
}

/// Who and why in one line, if either is known. What people typed must not steer a terminal.
pub(crate) fn purpose(purpose: &Purpose) -> Option<String> {
    let parts = [purpose.who.as_ref(), purpose.reason.as_ref()];
    let parts: Vec<String> =
        parts.into_iter().flatten().map(|text| plain(text).into_owned()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}
