//! One `Rebalance` at a time on each cluster; the others wait their turn.

use crate::context::Context;
use crate::failure::Failure;
use crate::instance::cluster_key;
use crate::resource::Rebalance;
use crate::saved::STATE;
use crate::wishes::{Approval, Wishes, asks_to_stop};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use std::time::Duration;

/// Has `object` wait if another one is before it.
pub(super) async fn wait(context: &Context, object: &Rebalance) -> Result<Option<Action>, Failure> {
    if object.is_deleted() || is_driven(object) || asks_to_stop(object) || !will_start(object) {
        return Ok(None);
    }
    let key = cluster_key(object);
    let objects = context.store.state();
    let others = objects.iter().filter(|other| {
        other.uid() != object.uid() && !other.is_ended() && cluster_key(other) == key
    });
    let before = others.filter(|other| is_before(other, object)).min_by_key(|other| place(other));
    let Some(before) = before else { return Ok(None) };
    let message = format!("{} is before it on the same cluster", before.name_any());
    context.report(object, |report| report.waiting("OtherRebalance", &message)).await?;
    Ok(Some(Action::requeue(TURN)))
}

fn is_before(other: &Rebalance, object: &Rebalance) -> bool {
    is_driven(other) || (!other.is_deleted() && will_start(other) && place(other) < place(object))
}

fn is_driven(object: &Rebalance) -> bool {
    object.annotation(STATE).is_some() || object.phase() == Some("Processing")
}

/// Whether it starts as soon as it can: no dry run, and not waiting for somebody's approval.
fn will_start(object: &Rebalance) -> bool {
    Wishes::of(object)
        .is_ok_and(|wishes| !wishes.is_dry_run && wishes.approval != Approval::Awaited)
}

/// First come, first served.
fn place(object: &Rebalance) -> (Option<jiff::Timestamp>, String, String) {
    let created = object.creation_timestamp().map(|time| time.0);
    (created, object.namespace().unwrap_or_default(), object.name_any())
}

/// How soon to look again whether it is one's turn.
pub(super) const TURN: Duration = Duration::from_secs(5);
