//! A node that is evacuated: found before, held empty after, and opened again.

use super::{drive, ending};
use crate::clock::is_overdue;
use crate::context::Context;
use crate::drain::node_of;
use crate::failure::Failure;
use crate::instance::Lookup;
use crate::live::Live;
use crate::order::{Order, Place};
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result as CoreResult};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use std::time::Duration;

/// The node that `object` means: by name, or by the pod that it runs in.
pub(super) async fn node(
    context: &Context,
    object: &Order,
    cluster: &Cluster,
    place: &Place,
) -> Result<CoreResult<NodeName>, Failure> {
    let pod = match place {
        Place::Node(node) => return Ok(Ok(node.clone())),
        Place::Pod(pod) => pod,
    };
    let unknown = || {
        let message = format!("no node of the cluster runs in the pod {pod}");
        Error::new(ErrorKind::UnknownNode, message)
    };
    let namespace = object.namespace().unwrap_or_default();
    let found = match context.finder.pod(&namespace, pod).await {
        Ok(Some(found)) => found,
        Err(Lookup::Api(error)) => return Err(error.into()),
        Ok(None) | Err(_) => return Ok(Err(unknown())),
    };
    let node = cluster.snapshot().await.and_then(|snapshot| {
        node_of(&found, &snapshot).map(|load| load.node.clone()).ok_or_else(unknown)
    });
    Ok(node)
}

/// Says that the node is empty, and keeps it so until it is to be opened again.
pub(super) async fn hold(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    let Some(node) = live.driver.state().evacuation_plan().map(|plan| plan.node().clone()) else {
        return Ok(Action::await_change());
    };
    if !live.is_held() {
        let status = live.status();
        let detail = live.driver.outcome().map(|outcome| outcome.detail.clone());
        let message = format!("{}: it is safe to stop", detail.unwrap_or_default());
        context
            .report_live(live, |report| {
                report.progress(&status);
                report.emptied(&message);
            })
            .await?;
        context.tell(object, true, "Empty", &message).await;
    }
    if !object.is_deleted() && !object.asks_to_stop {
        return Ok(Action::await_change());
    }
    if live.cluster.is_none() && !drive::find_again(context, object, live).await? {
        return still_closed(context, object, live, "the cluster is not found").await;
    }
    let Some(cluster) = live.cluster.clone() else { return Ok(Action::requeue(AGAIN)) };
    match cluster.stop_evacuation(&node).await {
        Ok(_) => opened(context, object, live, &node).await,
        Err(error) => still_closed(context, object, live, error.message()).await,
    }
}

async fn opened(
    context: &Context,
    object: &Order,
    live: &mut Live,
    node: &NodeName,
) -> Result<Action, Failure> {
    let message = format!("{node} takes clients again");
    context.report_live(live, |report| report.opened(&message)).await?;
    context.metrics.ended("completed");
    context.tell(object, true, "Opened", &message).await;
    ending::release(context, object, live).await
}

/// Tries again, and lets an object that is deleted go after a while: its node may be gone for good.
async fn still_closed(
    context: &Context,
    object: &Order,
    live: &mut Live,
    why: &str,
) -> Result<Action, Failure> {
    let now = context.clock.now();
    if object.is_deleted() {
        live.deleted_since.get_or_insert(now);
        if is_overdue(live.deleted_since, now, DELETED_FOR_MS) {
            let note = "EMQX did not confirm that the node is opened again: a node that keeps its data \
                        takes no clients until its evacuation is stopped";
            context.tell(object, false, "Abandoned", note).await;
            return ending::release(context, object, live).await;
        }
    }
    let message = format!("the node cannot be opened yet: {why}");
    context.report_live(live, |report| report.waiting("EmqxUnreachable", &message)).await?;
    Ok(Action::requeue(AGAIN))
}

/// How soon to try again to open a node.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a deletion waits for that.
const DELETED_FOR_MS: u64 = 40_000;
