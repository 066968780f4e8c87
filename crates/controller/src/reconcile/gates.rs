//! Keeps the donors' readiness gates closed, and all others open.

use super::endpoints;
use crate::context::Context;
use crate::failure::Failure;
use crate::live::{Keeper, Live};
use crate::resource::Rebalance;
use crate::service::{pods_with_gate, set, settle};
use kube::ResourceExt;

/// Closes the gates of the donors' pods if so wished, and opens those of nodes that are donors no
/// more. Which are closed is stored before they are, so that a crash leaves none closed for good.
pub(super) async fn follow_donors(
    context: &Context,
    object: &Rebalance,
    live: &mut Live,
    keeper: &Keeper<'_>,
    is_wished: bool,
) -> Result<(), Failure> {
    let donors = if is_wished { endpoints::donors(live).0 } else { Vec::new() };
    if live.departure.is_gated_for(&donors) {
        return Ok(());
    }
    let namespace = object.namespace().unwrap_or_default();
    let pods = pods_with_gate(&context.client, &namespace, &donors).await?;
    let (to_open, to_close) = settle(&live.gated, &pods);
    let now = context.clock.written();
    if !to_close.is_empty() {
        live.gated.extend(to_close.iter().cloned());
        live.must_keep();
        live.keep(keeper).await?;
    }
    for pod in &to_close {
        set(&context.client, &namespace, pod, false, &now).await?;
    }
    for pod in &to_open {
        set(&context.client, &namespace, pod, true, &now).await?;
    }
    if !to_open.is_empty() {
        live.gated.retain(|pod| !to_open.contains(pod));
        live.must_keep();
    }
    live.departure.gate_for(donors);
    Ok(())
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

/// Opens the gate of `pod`.
pub(super) async fn open(context: &Context, object: &Rebalance, pod: &str) -> Result<(), Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let now = context.clock.written();
    Ok(set(&context.client, &namespace, pod, true, &now).await?)
}
