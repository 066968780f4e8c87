//! Brings one object of ours a step further; those of EMQX's are the adapter's.
//!
//! An object goes from waiting (nothing of ours on it), over driven (our state and finalizer on it),
//! to ended (a phase that stays). Each step is written to the object before the next one is taken, so
//! that a process that dies anywhere leaves something to go on from.

mod drive;
mod ending;
mod endpoints;
mod evacuated;
mod prepare;
mod queue;
mod reach;
mod resume;
mod sweep;

pub(crate) use queue::will_start;
pub(crate) use reach::told;
pub(crate) use sweep::keep_sweeping;

use crate::adapter;
use crate::context::Context;
use crate::failure::{Failure, REFUSED};
use crate::order::Order;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{debug, warn};

/// Brings `object` a step further and says when to come back.
pub(crate) async fn reconcile(
    object: Arc<Order>,
    context: Arc<Context>,
) -> Result<Action, Failure> {
    let began = Instant::now();
    let uid = object.uid().unwrap_or_default();
    let result = if object.kind.is_own() {
        step(&object, &uid, &context).await
    } else {
        adapter::step(&object, &context).await
    };
    match &result {
        Ok(_) => context.memory.succeeded(&uid),
        Err(Failure::Taken) => context.memory.remove(&uid),
        Err(failure) => complain(&context, &object, &uid, failure).await,
    }
    context.metrics.reconciled(began.elapsed(), result.as_ref().err());
    debug!(object = %object.name_any(), took = ?began.elapsed(), ?result, "reconciled");
    result
}

/// Says on the object what holds its reconciliation up, unless that passes by itself.
async fn complain(context: &Context, object: &Order, uid: &str, failure: &Failure) {
    let Some(message) = failure.told() else { return };
    let written = match context.memory.live(uid) {
        Some(live) => {
            let mut live = live.lock().await;
            context.report_live(&mut live, |report| report.waiting(REFUSED, &message)).await
        }
        None => context.report(object, |report| report.waiting(REFUSED, &message)).await,
    };
    if let Err(error) = written {
        debug!(object = %object.name_any(), %error, "what holds it up cannot be written either");
    }
}

/// Tries again, the later the more often it failed.
pub(crate) fn after_failure(
    object: Arc<Order>,
    failure: &Failure,
    context: Arc<Context>,
) -> Action {
    let attempt = context.memory.failed(&object.uid().unwrap_or_default());
    let delay = RETRY_FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(6)).min(RETRY_LAST);
    warn!(object = %object.name_any(), %failure, attempt, "will be tried again");
    Action::requeue(delay)
}

async fn step(object: &Order, uid: &str, context: &Context) -> Result<Action, Failure> {
    if let Some(live) = context.memory.live(uid) {
        return drive::drive(context, object, &mut *live.lock().await).await;
    }
    if object.is_ended() {
        return ending::tidy(context, object).await;
    }
    if let Some(rest) = prepare::rest(context, object) {
        return Ok(Action::requeue(rest));
    }
    if let Some(action) = queue::wait(context, object).await? {
        return Ok(action);
    }
    match look(context, object).await? {
        Some(fresh) => resume::go_on(context, &fresh).await,
        None => Ok(Action::requeue(LOOK_AGAIN)),
    }
}

/// The object as it is now, since the watch may lag behind what this process, or the one before it, has
/// written; it asks to stop where the `Rebalance` does that it was made of. `None` if nothing is to be done
/// for it: it is gone, or what a version before has begun for it is still to be carried over.
async fn look(context: &Context, object: &Order) -> Result<Option<Order>, Failure> {
    // First the one and then the other: what is carried over stands there before it is said.
    let asker = match object.behalf {
        Some(_) => context.object(&object.asker()).read().await?,
        None => None,
    };
    let Some(mut fresh) = context.object(object).read().await? else { return Ok(None) };
    let Some(asker) = asker else { return Ok(Some(fresh)) };
    let is_new = !fresh.has_begun();
    if is_new && adapter::is_left_behind(&asker) {
        return Ok(None);
    }
    // What has begun once is not begun again, whatever became of the object that it was begun for.
    let has_begun = is_new && asker.has_begun();
    fresh.asks_to_stop |= has_begun || asker.is_deleted() || asker.asks_to_stop;
    Ok(Some(fresh))
}

/// How soon to look again at what is not to be worked on yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LAST: Duration = Duration::from_secs(30);
