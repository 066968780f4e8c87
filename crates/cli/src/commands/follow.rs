//! Follows a rebalance until it ends, is seen, or nobody wants to look any more.

use super::interrupt::Interrupt;
use crate::render::live::Live;
use emqx_rebalance_client::Run;
use emqx_rebalance_core::driver::{Event, Outcome, Status};
use emqx_rebalance_core::{NodeName, Result};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::interval;

/// Why the following ended.
pub(crate) enum End {
    /// There is a verdict.
    Verdict(Outcome),
    /// Every run of the plan was seen on EMQX.
    Seen,
    /// Ctrl-C or SIGTERM: EMQX goes on.
    Detached,
}

/// How long to follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Until {
    /// Until EMQX shows every run.
    Seen,
    /// Until there is a verdict.
    Verdict,
}

/// Follows `run` of that many EMQX rebalances, showing it on `live` and every status to `see`.
///
/// # Errors
/// As [`Run::wait`].
pub(crate) async fn follow(
    run: &mut Run,
    runs: usize,
    until: Until,
    live: &mut Live,
    mut see: impl FnMut(&Status),
) -> Result<End> {
    let mut interrupt = Interrupt::new()?;
    let mut redraw = interval(REDRAW);
    let mut seen = BTreeSet::new();
    loop {
        tokio::select! {
            biased;
            () = interrupt.wait() => return Ok(End::Detached),
            event = run.next_event() => {
                let Some(event) = event else { break };
                live.tell(&event);
                seen.extend(shown(event));
            }
            _ = redraw.tick() => {
                let status = run.status();
                live.show(&status);
                see(&status);
            }
        }
        if until == Until::Seen && runs > 0 && seen.len() == runs {
            return Ok(End::Seen);
        }
    }
    let outcome = run.wait().await?;
    see(&run.status());
    Ok(End::Verdict(outcome))
}

/// The coordinator whose run EMQX showed.
fn shown(event: Event) -> Option<NodeName> {
    match event {
        Event::Phase { coordinator, .. } | Event::Gone { coordinator } => Some(coordinator),
        _ => None,
    }
}

const REDRAW: Duration = Duration::from_millis(200);
