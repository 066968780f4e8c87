//! One `Rebalance` at a time on each cluster; the others wait their turn.

use crate::adapter;
use crate::clusters::Spelling;
use crate::context::Context;
use crate::failure::Failure;
use crate::order::Order;
use crate::wishes::{Approval, Wishes};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use std::sync::Arc;
use std::time::Duration;

/// Has `object` wait if another one is before it.
pub(super) async fn wait(context: &Context, object: &Order) -> Result<Option<Action>, Failure> {
    if object.is_deleted() || object.has_begun() || object.asks_to_stop || !will_start(object) {
        return Ok(None);
    }
    let key = context.memory.cluster(object);
    let objects = context.objects();
    let mut before = rivals(context, &objects, &key).filter(|other| is_before(other, object));
    let message = match (before.next(), before.next()) {
        (None, _) => return Ok(None),
        (Some(one), None) => format!("{} is before it on the same cluster", one.asker().name_any()),
        // Neither names nor a number, or every end would be news for all that wait.
        _ => "others are before it on the same cluster".to_owned(),
    };
    context.report(object, |report| report.waiting("OtherRebalance", &message)).await?;
    Ok(Some(Action::requeue(LOOK_AGAIN)))
}

/// Has the next object that waits for the cluster of `object` look whether it is its turn.
pub(super) fn call_next(context: &Context, object: &Order) {
    let objects = context.objects();
    let key = context.memory.cluster(object);
    let others = rivals(context, &objects, &key)
        .filter(|other| other.uid() != object.uid() && will_start(other));
    if let Some(next) = others.min_by_key(|other| place(other)) {
        context.memory.call(&ObjectRef::from_obj_with(next.as_ref(), next.kind));
    }
}

/// The objects of the cluster `key` that have not ended: ours, and what a version before has begun.
fn rivals<'a>(
    context: &Context,
    objects: &'a [Arc<Order>],
    key: &'a Spelling,
) -> impl Iterator<Item = &'a Arc<Order>> {
    objects.iter().filter(move |other| {
        !other.is_ended()
            && (other.kind.is_own() || adapter::is_left_behind(other))
            && context.memory.cluster(other) == *key
            && !context.memory.is_done(&other.uid().unwrap_or_default())
    })
}

fn is_before(other: &Order, object: &Order) -> bool {
    if other.uid() == object.uid() {
        return false;
    }
    other.has_begun() || (!other.is_deleted() && will_start(other) && place(other) < place(object))
}

/// Whether it starts as soon as it can: no dry run, and not waiting for somebody's approval.
pub(crate) fn will_start(object: &Order) -> bool {
    let starts = |wishes: &Wishes| !wishes.is_dry_run && wishes.approval != Approval::Awaited;
    object.unreadable.is_none() && object.wishes.as_ref().is_ok_and(starts)
}

/// First come, first served.
fn place(object: &Order) -> (Option<jiff::Timestamp>, String, String) {
    let created = object.creation_timestamp().map(|time| time.0);
    (created, object.namespace().unwrap_or_default(), object.name_any())
}

/// How soon to look again whether it is one's turn: whoever ends calls the next one, but an object
/// may go without an end.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
