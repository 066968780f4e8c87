//! The ways in which an object comes to its end.

use super::{evacuated, queue};
use crate::clock::is_overdue;
use crate::context::Context;
use crate::failure::Failure;
use crate::live::Live;
use crate::object::Mark;
use crate::order::{Kind, Order};
use crate::report::{outcome_reason, progress_message};
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::Outcome;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use std::time::Duration;
use tracing::warn;

/// The driver has its verdict: it is written, and the object is let go.
pub(super) async fn end(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    let Some(outcome) = live.driver.outcome().cloned() else { return Ok(Action::await_change()) };
    if object.kind == Kind::NodeEvacuation && outcome.result.is_success() {
        return evacuated::hold(context, object, live).await;
    }
    let status = live.status();
    let is_new = live.status.completed_time.is_none();
    context
        .report_live(live, |report| {
            report.progress(&status);
            report.outcome(&outcome);
        })
        .await?;
    if is_new {
        context.metrics.ended(outcome.result.as_str());
        status.reconnects.iter().for_each(|seen| context.metrics.reconnects(seen));
        let note = verdict(&outcome, &progress_message(&status.progress));
        let reason = outcome_reason(outcome.result);
        context.tell(object, outcome.result.is_success(), reason, &note).await;
    }
    release(context, object, live).await
}

/// A deleted object that nothing was started for, or that EMQX does not let go of.
pub(super) async fn abandon(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    if !live.is_untouched() {
        let note = "EMQX did not confirm that the runs are stopped; it ends them by itself";
        context.tell(object, false, "Abandoned", note).await;
    }
    release(context, object, live).await
}

/// The cluster is out of reach in a process that has not had it yet.
pub(super) async fn lost(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    let now = context.clock.now();
    let limit_ms = if object.is_deleted() { GONE_DELETED_MS } else { GONE_MS };
    if !is_overdue(live.lost_since, now, limit_ms) {
        return Ok(Action::requeue(LOOK_AGAIN));
    }
    if object.is_deleted() {
        return abandon(context, object, live).await;
    }
    let message = "the cluster could not be reached for 10 minutes, so nobody knows how it ended; \
                   EMQX ends its runs by itself";
    context.report_live(live, |report| report.failed("Unreachable", message)).await?;
    context.tell(object, false, "Unreachable", message).await;
    release(context, object, live).await
}

/// Somebody took the object away with its finalizer: what its deletion would have done is done now.
pub(super) async fn vanished(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    warn!(object = %object.name_any(), "the object was taken away by force; stopping its runs");
    let evacuated = live.driver.state().evacuation_plan().map(|plan| plan.node().clone());
    if let Some((cluster, node)) = live.cluster.clone().zip(evacuated) {
        if let Err(error) = cluster.stop_evacuation(&node).await {
            warn!(%error, %node, "not opened again");
        }
    } else if let Some(cluster) = live.cluster.clone() {
        for coordinator in live.coordinators_of_runs().await {
            if let Err(error) = cluster.stop(Some(&coordinator)).await {
                warn!(%error, %coordinator, "not stopped; it ends by itself");
            }
        }
    }
    finish(context, object);
    Ok(Action::await_change())
}

/// It comes to nothing before anything was started.
pub(super) async fn fail(
    context: &Context,
    object: &Order,
    reason: &str,
    message: &str,
) -> Result<Action, Failure> {
    context.fail(object, reason, message).await?;
    let tidied = tidy(context, object).await?;
    finish(context, object);
    Ok(tidied)
}

/// Takes off what is left of ours on an object that has ended: the process that ended it may have
/// died before it could.
pub(super) async fn tidy(context: &Context, object: &Order) -> Result<Action, Failure> {
    context.memory.forget(&object.uid().unwrap_or_default());
    let mut mark = Mark::of(object);
    if mark.is_ours() {
        context.object(object).write_state(&mut mark, None).await?;
        return Ok(Action::await_change());
    }
    if object.is_deleted() || !object.is_ended() {
        return Ok(Action::await_change());
    }
    // Its end stays what it is, whatever is changed of it now: tools are told that this was seen.
    context.report(object, |_| {}).await?;
    outlive(context, object).await
}

/// Deletes an object whose time after its end is over, or comes back when it is.
async fn outlive(context: &Context, object: &Order) -> Result<Action, Failure> {
    let ttl = object.wishes.as_ref().ok().and_then(|wishes| wishes.ttl);
    let ended = object.status.as_ref().and_then(|status| status.completed_time.as_deref());
    let ended: Option<jiff::Timestamp> = ended.and_then(|time| time.parse().ok());
    let Some((ttl, ended)) = ttl.zip(ended) else { return Ok(Action::await_change()) };
    let ended = Timestamp::from_ms(u64::try_from(ended.as_millisecond()).unwrap_or_default());
    let age = Duration::from_millis(context.clock.now().ms_since(ended));
    if let Some(rest) = ttl.checked_sub(age).filter(|rest| !rest.is_zero()) {
        return Ok(Action::requeue(rest));
    }
    context.object(object).delete().await?;
    Ok(Action::await_change())
}

/// Takes what is ours off an object that is done.
pub(super) async fn release(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    live.let_go(&context.object(object)).await?;
    finish(context, object);
    Ok(Action::await_change())
}

/// The object is done: the next one on its cluster may begin.
fn finish(context: &Context, object: &Order) {
    context.memory.finish(&object.uid().unwrap_or_default());
    queue::call_next(context, object);
}

fn verdict(outcome: &Outcome, progress: &str) -> String {
    format!("{}; {progress}", outcome.detail)
}

/// How soon to look for a lost cluster again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long a cluster may be out of reach. Longer than an upgrade of the API's load balancer or a
/// restart of EMQX takes.
const GONE_MS: u64 = 600_000;
/// The same for an object that is to go away.
const GONE_DELETED_MS: u64 = 10_000;
