//! EMQX's `Rebalance`: a `LoadRebalance` is made of each and done in its place, and what becomes of the one is
//! said on the other, in EMQX's words.
//!
//! On the `Rebalance` itself stand a status and, as long as something may run for it, a finalizer. The
//! annotations there are its users'.

mod carry;
mod made;

pub(crate) use carry::{STATE, is_left_behind};

use crate::context::Context;
use crate::failure::{Failure, REFUSED};
use crate::instance::Lookup;
use crate::order::{FINALIZER, Order};
use crate::reconcile::will_start;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use made::Made;
use serde_json::json;
use std::time::Duration;

/// Brings a `Rebalance` a step further.
pub(crate) async fn step(object: &Order, context: &Context) -> Result<Action, Failure> {
    if object.is_ended() {
        return leave(context, object).await;
    }
    let made = context.known(&made::key(object));
    if let Some(text) = object.state.as_deref().filter(|_| is_left_behind(object)) {
        return carry::over(context, object, text, made.as_deref()).await;
    }
    if object.is_deleted() {
        return dismiss(context, object, made.as_deref()).await;
    }
    match made {
        Some(made) => follow(context, object, &made).await,
        None => begin(context, object).await,
    }
}

/// Makes a `LoadRebalance` of `object`, unless something speaks against it.
async fn begin(context: &Context, object: &Order) -> Result<Action, Failure> {
    if object.phase().is_some() && !object.is_phase_ours() {
        // EMQX's operator has begun it, and has its own way to the end.
        return Ok(Action::await_change());
    }
    if object.has_begun() {
        return missing(context, object).await;
    }
    if let Some(problem) = &object.unreadable {
        // It may be one of a version that is not known here, whose end is not ours to tell.
        return wait(context, object, "Unreadable", problem).await;
    }
    if object.asks_to_stop {
        let message = "it was to be stopped before anything was started";
        return fail(context, object, "Stopped", message).await;
    }
    if context.is_older(object) && !object.wishes.as_ref().is_ok_and(|wishes| wishes.is_adopted) {
        let message = "it is older than the controller's installation, and may have been forgotten: \
                       set the annotation rebalance.emqx.io/adopt=true to have it done";
        return wait(context, object, "OlderThanController", message).await;
    }
    if let Some(problem) = problem(context, object) {
        return fail(context, object, "ConfigInvalid", &problem).await;
    }
    // It may not be new any more: the watch may lag.
    match keep(context, object).await? {
        Some(now) if now.phase().is_none() && !now.is_deleted() => make(context, &now).await,
        _ => Ok(Action::requeue(LOOK_AGAIN)),
    }
}

/// Makes it, of `object` as it is now.
async fn make(context: &Context, object: &Order) -> Result<Action, Failure> {
    match made::make(context, object).await? {
        Made::Done => Ok(Action::requeue(LOOK_AGAIN)),
        Made::NotDefined => {
            let message = "the definition of LoadRebalance is not installed: apply what \
                           `emqx-rebalance-controller crd own` prints";
            wait(context, object, "DefinitionMissing", message).await?;
            Ok(Action::requeue(DEFINED_AGAIN))
        }
        Made::Refused(message) => fail(context, object, REFUSED, &message).await,
    }
}

/// What speaks against doing what `object` asks for, as far as it shows that itself.
fn problem(context: &Context, object: &Order) -> Option<String> {
    let wrong = object.wishes.as_ref().err().or_else(|| object.task.as_ref().err());
    let unusable = || context.finder.verify(object).err().as_ref().map(Lookup::to_string);
    wrong.map(ToString::to_string).or_else(unusable)
}

/// Something was begun, and what was made for it is not seen.
async fn missing(context: &Context, object: &Order) -> Result<Action, Failure> {
    if context.object(&made::origin(object)).read().await?.is_some() {
        return Ok(Action::requeue(LOOK_AGAIN));
    }
    // Starting anew could be a second start of the same rebalance.
    let message = "what was started is not known any more, since the state that was kept of it is gone; \
                   EMQX ends its runs by itself";
    fail(context, object, "StateLost", message).await
}

/// Has what was `made` do what `object` asks for now, and says what becomes of it.
async fn follow(context: &Context, object: &Order, made: &Order) -> Result<Action, Failure> {
    let is_begun = made.has_begun();
    let is_wrong = object.unreadable.is_some() || problem(context, object).is_some();
    if is_wrong && !is_begun && !made.is_deleted() {
        context.object(made).delete().await?;
        return Ok(Action::requeue(LOOK_AGAIN));
    }
    if is_begun && !made.is_ended() {
        keep(context, object).await?;
    }
    if !made.is_deleted() && !made.is_ended() && made::differs(object, made) {
        keep(context, object).await?;
        made::change(context, object).await?;
    }
    mirror(context, object, made).await?;
    Ok(Action::await_change())
}

/// Says on `object` what is known of what was `made` of it.
async fn mirror(context: &Context, object: &Order, made: &Order) -> Result<(), Failure> {
    let Some(status) = &made.status else { return Ok(()) };
    if made.phase().is_none() && object.phase().is_some() {
        // It was carried over, and is not taken up yet.
        return Ok(());
    }
    context.report(object, |report| report.mirror(status)).await
}

/// Has what was made for a deleted object end, and then lets the object go.
async fn dismiss(
    context: &Context,
    object: &Order,
    made: Option<&Order>,
) -> Result<Action, Failure> {
    let now = match made {
        Some(made) => Some(made.clone()),
        None => context.object(&made::origin(object)).read().await?,
    };
    let Some(now) = now else { return leave(context, object).await };
    if !now.is_deleted() {
        context.object(&now).delete().await?;
    }
    mirror(context, object, &now).await?;
    Ok(Action::requeue(LOOK_AGAIN))
}

/// Keeps `object` there as long as something may run for it. The object as it is now; `None` if it is gone.
async fn keep(context: &Context, object: &Order) -> Result<Option<Order>, Failure> {
    let change = |now: &Order| {
        let is_needed = !now.is_kept() && !now.is_deleted() && will_start(now);
        is_needed.then(|| json!({ "finalizers": finalizers(now, |_| true, Some(FINALIZER)) }))
    };
    context.object(object).amend(object, change).await
}

/// Takes off what is ours: the process that ended it may have died before it could.
async fn leave(context: &Context, object: &Order) -> Result<Action, Failure> {
    context.object(object).amend(object, carry::without_ours).await?;
    Ok(Action::await_change())
}

/// Those finalizers of `object` that are to `stay`, and one `more`.
fn finalizers<'a>(
    object: &'a Order,
    stay: impl Fn(&str) -> bool,
    more: Option<&'a str>,
) -> Vec<&'a str> {
    let all = object.finalizers().iter().map(String::as_str);
    all.filter(|name| stay(name)).chain(more).collect()
}

async fn wait(
    context: &Context,
    object: &Order,
    reason: &str,
    message: &str,
) -> Result<Action, Failure> {
    context.report(object, |report| report.waiting(reason, message)).await?;
    Ok(Action::await_change())
}

/// It comes to nothing before anything was made of it, or nobody knows what became of that.
async fn fail(
    context: &Context,
    object: &Order,
    reason: &str,
    message: &str,
) -> Result<Action, Failure> {
    context.fail(object, reason, message).await?;
    Ok(Action::await_change())
}

/// How soon to look again at what the watch may not show yet.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How soon to look again whether there is a definition.
const DEFINED_AGAIN: Duration = Duration::from_secs(30);
