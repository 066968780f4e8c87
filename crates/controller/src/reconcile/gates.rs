//! Keeps the donors' readiness gates closed, and all others open.
//!
//! A gate that the controller may not touch holds nothing up: it is said, and the rebalance goes on.

use super::endpoints::{self, Told};
use crate::context::Context;
use crate::failure::{Failure, refusal};
use crate::live::{Keeper, Live};
use crate::resource::Rebalance;
use crate::service::{pods_with_gate, set};
use emqx_rebalance_core::NodeName;
use kube::ResourceExt;

/// Closes the gates of the donors' pods if so wished, and opens those of nodes that are donors no
/// more. Which are to be closed is stored before they are, so that a crash leaves none closed for
/// good. Says which of them could not be set.
pub(super) async fn follow_donors(
    context: &Context,
    object: &Rebalance,
    live: &mut Live,
    keeper: &Keeper<'_>,
    is_wished: bool,
) -> Result<Option<Told>, Failure> {
    let donors = if is_wished { endpoints::donors(live).0 } else { Vec::new() };
    if live.departure.is_gated_for(&donors) {
        return Ok(None);
    }
    let refused = settle(context, object, live, keeper, &donors).await?;
    live.departure.gate_for(donors);
    if refused.is_empty() {
        return Ok(None);
    }
    let message = format!("readiness gates could not be set: {}", refused.join("; "));
    context.tell(object, false, REFUSED, &message).await;
    Ok(Some(Told { holds: false, reason: REFUSED, message }))
}

/// Sets the gates as `donors` want them; answers what the API server refused.
async fn settle(
    context: &Context,
    object: &Rebalance,
    live: &mut Live,
    keeper: &Keeper<'_>,
    donors: &[NodeName],
) -> Result<Vec<String>, Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let to_close = match pods_with_gate(&context.client, &namespace, donors).await {
        Ok(pods) => pods,
        Err(error) => return Ok(vec![refused(error)?]),
    };
    let is_new = |pod: &&String| !live.gated.contains(pod);
    let new: Vec<String> = to_close.iter().filter(is_new).cloned().collect();
    if !new.is_empty() {
        live.gated.extend(new);
        live.must_keep();
        live.keep(keeper).await?;
    }
    let mut refusals = Vec::new();
    for pod in live.gated.clone() {
        let is_open = !to_close.contains(&pod);
        let now = context.clock.written();
        match set(&context.client, &namespace, &pod, is_open, &now).await {
            Ok(()) if !is_open => continue,
            Ok(()) => {}
            Err(error) => refusals.push(format!("{pod}: {}", refused(error)?)),
        }
        live.gated.retain(|gated| *gated != pod);
        live.must_keep();
    }
    Ok(refusals)
}

/// Opens every gate that is still closed.
pub(super) async fn open_all(
    context: &Context,
    object: &Rebalance,
    live: &mut Live,
) -> Result<(), Failure> {
    while let Some(pod) = live.gated.last().cloned() {
        open(context, object, &pod).await?;
        live.gated.pop();
    }
    Ok(())
}

/// Opens the gate of `pod`. One that may not be opened is told of, and keeps no object from going.
pub(super) async fn open(context: &Context, object: &Rebalance, pod: &str) -> Result<(), Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let now = context.clock.written();
    if let Err(error) = set(&context.client, &namespace, pod, true, &now).await {
        let message = refused(error)?;
        let note = format!("the readiness gate of the pod {pod} stays closed: {message}");
        context.tell(object, false, REFUSED, &note).await;
    }
    Ok(())
}

/// What the API server has against setting a gate, if it will have it again.
fn refused(error: kube::Error) -> Result<String, Failure> {
    match refusal(&error) {
        Some(message) => Ok(message.to_owned()),
        None => Err(error.into()),
    }
}

const REFUSED: &str = "GateRefused";
