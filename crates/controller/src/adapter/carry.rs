//! What a version before has left on a `Rebalance`: it drove the object itself, and kept its state in an
//! annotation there. Such a run is carried over into the `LoadRebalance` that is made of the object.
//!
//! Each step stands on the API server before the next one, so that a process that dies anywhere leaves
//! something to go on from, and nothing runs twice:
//! 1. the annotation is marked, by which a process of that version that still runs sees that the object is
//!    not its own any more;
//! 2. the `LoadRebalance` is made, which is not worked on while the annotation is marked so;
//! 3. the state is put into its status;
//! 4. the annotation says that it was carried over, until the object has ended.

use crate::context::Context;
use crate::failure::Failure;
use crate::object::Mark;
use crate::order::{FINALIZER, Order};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use serde_json::{Value, json};

/// The annotation of versions before.
pub(crate) const STATE: &str = "rebalance.emqx.io/state";

/// Whether something was begun for `object` that is not carried over yet.
pub(crate) fn is_left_behind(object: &Order) -> bool {
    let state = object.state.as_deref().filter(|_| !object.kind.is_own() && !object.is_ended());
    state.is_some_and(|state| state != CARRIED)
}

/// Goes on with carrying over `text`, which stands on `object`.
pub(super) async fn over(
    context: &Context,
    object: &Order,
    text: &str,
    made: Option<&Order>,
) -> Result<Action, Failure> {
    let Some(state) = text.strip_prefix(CARRYING) else {
        annotate(context, object, text, &format!("{CARRYING}{text}")).await?;
        return Ok(Action::await_change());
    };
    let Some(made) = made else { return super::make(context, object).await };
    if !made.has_begun() {
        context.object(made).write_state(&mut Mark::of(made), Some(state)).await?;
    }
    annotate(context, object, text, CARRIED).await?;
    Ok(Action::await_change())
}

/// Replaces `old` in the annotation, unless somebody else has.
async fn annotate(
    context: &Context,
    object: &Order,
    old: &str,
    new: &str,
) -> Result<Option<Order>, Failure> {
    let change = |now: &Order| {
        let is_old = now.state.as_deref() == Some(old);
        is_old.then(|| json!({ "annotations": { STATE: new } }))
    };
    context.object(object).amend(object, change).await
}

/// The metadata of `object` without what is ours, or was; `None` if there is nothing.
pub(super) fn without_ours(object: &Order) -> Option<Value> {
    let was_ours = object.state.is_some() || object.is_phase_ours();
    let before = object.finalizers().iter().any(|name| name == BEFORE) && was_ours;
    if !object.is_kept() && object.state.is_none() && !before {
        return None;
    }
    let stays = |name: &str| name != FINALIZER && !(was_ours && name == BEFORE);
    let finalizers = super::finalizers(object, stays, None);
    Some(json!({ "finalizers": finalizers, "annotations": { STATE: null } }))
}

/// The finalizer of versions before, which EMQX's operator 2.x calls its own too.
const BEFORE: &str = "apps.emqx.io/finalizer";
/// Begins a state that is being carried over.
const CARRYING: &str = "carrying:";
/// Stands in the place of one that was.
const CARRIED: &str = "carried";
