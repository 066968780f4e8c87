//! The readiness gate `apps.emqx.io/on-serving` of EMQX's pods, for clusters in which something opens
//! it when a pod starts, and nobody closes it while the pod's clients are evicted.

use super::Whereabouts;
use crate::failure::is_status;
use crate::object::MANAGER;
use emqx_rebalance_core::NodeName;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

/// The pods of `nodes` that have the gate, by name.
pub(crate) async fn pods_with_gate(
    client: &Client,
    namespace: &str,
    nodes: &[NodeName],
) -> Result<Vec<String>, kube::Error> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let mut found = Vec::new();
    for node in nodes {
        if let Some(pod) = pod_of(&api, node).await?.filter(has_gate) {
            found.push(pod.name_any());
        }
    }
    Ok(found)
}

/// Sets the gate of `pod`: open pods are sent new clients. A pod that is gone needs none.
pub(crate) async fn set(
    client: &Client,
    namespace: &str,
    pod: &str,
    is_open: bool,
    now: &str,
) -> Result<(), kube::Error> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch_status(pod, &params, &Patch::Strategic(condition(is_open, now))).await {
        Ok(_) => Ok(()),
        Err(error) if is_status(&error, 404) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn pod_of(api: &Api<Pod>, node: &NodeName) -> Result<Option<Pod>, kube::Error> {
    let place = Whereabouts::of(node);
    if let Some(pod) = place.pod {
        return api.get_opt(pod).await;
    }
    let Some(ip) = place.ip else { return Ok(None) };
    let params = ListParams::default().fields(&format!("status.podIP={ip}"));
    Ok(api.list(&params).await?.items.into_iter().next())
}

fn has_gate(pod: &Pod) -> bool {
    let gates = pod.spec.as_ref().and_then(|spec| spec.readiness_gates.as_deref());
    gates.unwrap_or_default().iter().any(|gate| gate.condition_type == GATE)
}

/// Strategic merging finds the condition by its type and leaves the others alone.
fn condition(is_open: bool, now: &str) -> Value {
    let status = if is_open { "True" } else { "False" };
    json!({"status": {"conditions": [{
        "type": GATE, "status": status, "lastProbeTime": now, "lastTransitionTime": now,
    }]}})
}

/// EMQX Operator's name for it, `api/v2beta1/const.go`.
const GATE: &str = "apps.emqx.io/on-serving";
