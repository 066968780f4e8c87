//! Follows a rebalance until it ends, is seen, or nobody wants to look any more.

use super::interrupt::Interrupt;
use crate::render::live::Live;
use emqx_rebalance_client::Run;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Outcome, RunView, Status};
use std::time::Duration;
use tokio::time::interval;

/// Why the following ended.
pub(crate) enum End {
    /// There is a verdict.
    Verdict(Box<Outcome>),
    /// EMQX shows all that was to be started.
    Seen,
    /// Ctrl-C or SIGTERM: EMQX goes on.
    Detached,
}

/// How long to follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Until {
    /// Until EMQX shows all that was to be started.
    Seen,
    /// Until there is a verdict.
    Verdict,
}

/// Follows `run`, showing it on `live` and every status to `see`.
///
/// # Errors
/// As [`Run::wait`].
pub(crate) async fn follow(
    run: &mut Run,
    until: Until,
    live: &mut Live,
    mut see: impl FnMut(&Status),
) -> Result<End> {
    let mut interrupt = Interrupt::new()?;
    let mut redraw = interval(REDRAW);
    loop {
        tokio::select! {
            biased;
            () = interrupt.wait() => return Ok(End::Detached),
            event = run.next_event() => {
                let Some(event) = event else { break };
                live.tell(&event);
            }
            _ = redraw.tick() => {
                let status = run.status();
                live.show(&status);
                see(&status);
            }
        }
        if until == Until::Seen && is_under_way(&run.status()) {
            return Ok(End::Seen);
        }
    }
    let outcome = run.wait().await?;
    see(&run.status());
    Ok(End::Verdict(Box::new(outcome)))
}

/// Whether EMQX has shown every run.
fn is_under_way(status: &Status) -> bool {
    let is_unseen = |run: &RunView| {
        ["pending", "starting", "not_needed", "refused"].contains(&run.state.as_str())
    };
    !status.runs.is_empty() && !status.runs.iter().any(is_unseen)
}

const REDRAW: Duration = Duration::from_millis(200);
