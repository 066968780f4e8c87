//! Goes on from what an object holds, or begins if it holds nothing.

use super::{drive, ending, prepare};
use crate::context::Context;
use crate::failure::Failure;
use crate::live::Live;
use crate::order::Order;
use crate::saved::Saved;
use kube::ResourceExt;
use kube::runtime::controller::Action;

/// Goes on with `object`, as it is on the API server now.
pub(super) async fn go_on(context: &Context, object: &Order) -> Result<Action, Failure> {
    if object.is_ended() {
        return ending::tidy(context, object).await;
    }
    if let Some(text) = &object.state {
        return restore(context, object, text).await;
    }
    if object.is_deleted() {
        return ending::tidy(context, object).await;
    }
    if let Some(problem) = &object.unreadable {
        return unreadable(context, object, problem).await;
    }
    if object.phase() == Some("Processing") {
        // Starting anew could be a second start of the same rebalance.
        let message = "what was started is not known any more, since the state that was kept of it \
                       is gone; EMQX ends its runs by itself";
        return ending::fail(context, object, "StateLost", message).await;
    }
    if object.asks_to_stop {
        let message = "it was to be stopped before anything was started";
        return ending::fail(context, object, "Stopped", message).await;
    }
    prepare::prepare(context, object).await
}

/// Says what cannot be read, and waits for somebody to change it: the object may be one of a version
/// that is not known here, whose end is not ours to tell.
async fn unreadable(context: &Context, object: &Order, problem: &str) -> Result<Action, Failure> {
    context.report(object, |report| report.waiting("Unreadable", problem)).await?;
    Ok(Action::await_change())
}

async fn restore(context: &Context, object: &Order, text: &str) -> Result<Action, Failure> {
    let saved = match Saved::decode(text) {
        Ok(saved) => saved,
        Err(error) => {
            let message = format!(
                "the state that was kept of what was started cannot be read ({error}); EMQX ends its \
                 runs by itself"
            );
            return ending::fail(context, object, "StateLost", &message).await;
        }
    };
    let uid = object.uid().unwrap_or_default();
    context.memory.learn(object, &saved.driver.job());
    context.memory.claim(object);
    let live = context.memory.insert(&uid, Live::restored(object, saved));
    drive::drive(context, object, &mut *live.lock().await).await
}
