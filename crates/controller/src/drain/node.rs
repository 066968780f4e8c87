//! The node that runs in a pod, and the way to its cluster.

use super::Refusal;
use super::who::Pod;
use crate::instance::{Finder, Lookup};
use crate::order::{Kind, Order};
use crate::resource::{Rebalance, RebalanceSpec};
use crate::service::Whereabouts;
use axum::http::StatusCode;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::{EmqxVersion, NodeLoad, NodeName, NodeStatus, Snapshot};
use k8s_openapi::api::core::v1;
use kube::ResourceExt;
use kube::api::ObjectMeta;

/// A node that is to be drained.
pub(super) struct Drained {
    pub(super) cluster: Cluster,
    pub(super) node: NodeName,
    pub(super) load: Load,
    /// Whether it is being emptied already.
    pub(super) is_evacuating: bool,
}

/// What is on a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) connections: u64,
    pub(super) sessions: u64,
    /// Whether its EMQX waits for load balancers; EMQX 4 does not.
    pub(super) has_notice: bool,
}

/// Finds the node of `pod`.
pub(super) async fn find(finder: &Finder, pod: &Pod) -> Result<Drained, Refusal> {
    let found = finder.pod(&pod.namespace, &pod.name).await.map_err(not_found)?;
    let found = found.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "the pod is not found"))?;
    let access = finder.find(&as_object(&found)).await.map_err(not_found)?;
    let cluster = access.connect().await.map_err(|error| super::not_drained(&error))?;
    let snapshot = cluster.snapshot().await.map_err(|error| super::not_drained(&error))?;
    let load = node_of(&found, &snapshot).ok_or_else(|| {
        let message = format!("no node of the cluster runs in the pod {}", pod.name);
        Refusal::new(StatusCode::NOT_FOUND, message)
    })?;
    let NodeLoad { node, connections, sessions, version, status, .. } = load.clone();
    let version = version.as_deref().and_then(EmqxVersion::parse);
    let has_notice = version.is_none_or(|version| version.major() > 4);
    let load = Load { connections, sessions, has_notice };
    let is_evacuating = status == NodeStatus::Evacuating;
    Ok(Drained { cluster, node, load, is_evacuating })
}

/// What the pod asks for, as an object of its namespace would: EMQX's operator labels its pods with the
/// name of the instance, others are annotated like objects.
fn as_object(pod: &v1::Pod) -> Order {
    let metadata = ObjectMeta {
        namespace: pod.namespace(),
        annotations: pod.metadata.annotations.clone(),
        ..ObjectMeta::default()
    };
    let instance_name = pod.labels().get(INSTANCE).cloned().unwrap_or_default();
    let spec = RebalanceSpec { instance_name, ..RebalanceSpec::default() };
    let object = Rebalance { metadata, spec, ..Rebalance::default() };
    Order::of_rebalance(Kind::default(), object)
}

/// The node of `snapshot` that runs in `pod`: its name holds the pod's name or its address.
pub(crate) fn node_of<'a>(pod: &v1::Pod, snapshot: &'a Snapshot) -> Option<&'a NodeLoad> {
    let name = pod.name_any();
    let ip = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref());
    let is_up = |load: &&NodeLoad| load.status.counts() || load.status == NodeStatus::Evacuating;
    snapshot.nodes().iter().filter(is_up).find(|load| {
        let place = Whereabouts::of(&load.node);
        place.pod == Some(&name) || (place.ip.is_some() && place.ip == ip)
    })
}

fn not_found(lookup: Lookup) -> Refusal {
    let status = match lookup {
        Lookup::Absent(_) => StatusCode::NOT_FOUND,
        Lookup::Unusable(_) => StatusCode::CONFLICT,
        Lookup::Api(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Refusal::new(status, lookup.to_string())
}

/// EMQX's operator's label of its pods.
const INSTANCE: &str = "apps.emqx.io/instance";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Target;
    use serde_json::json;

    fn snapshot(nodes: &[&str]) -> Snapshot {
        let nodes: Vec<_> =
            nodes.iter().map(|node| json!({"node": node, "connections": 1})).collect();
        serde_json::from_value(json!({ "nodes": nodes })).unwrap()
    }

    fn pod(name: &str, ip: &str) -> v1::Pod {
        let pod = json!({"metadata": {"name": name}, "status": {"podIP": ip}});
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn the_node_of_a_pod_is_found_by_its_name_or_its_address() {
        let snapshot = snapshot(&["emqx@emqx-core-0.emqx-headless.mqtt.svc", "emqx@10.0.0.7"]);
        let found = |pod: &v1::Pod| node_of(pod, &snapshot).map(|load| load.node.to_string());
        assert!(found(&pod("emqx-core-0", "10.0.0.1")).unwrap().contains("core-0"));
        assert_eq!(found(&pod("emqx-replicant-x", "10.0.0.7")).unwrap(), "emqx@10.0.0.7");
        assert_eq!(found(&pod("emqx-core-00", "10.0.0.8")), None);
    }

    #[test]
    fn a_pod_asks_as_an_object_would() {
        let mut pod = json!({"metadata": {
            "name": "emqx-0", "namespace": "mqtt", "labels": {"apps.emqx.io/instance": "emqx"},
        }});
        let asked =
            |pod: &serde_json::Value| as_object(&serde_json::from_value(pod.clone()).unwrap());
        let (kind, name) = ("EMQX".to_owned(), "emqx".to_owned());
        assert_eq!(asked(&pod).target, Target::Instance { kind, name });
        assert_eq!(asked(&pod).namespace().as_deref(), Some("mqtt"));
        let url = "http://emqx-0.emqx-headless:18083";
        pod["metadata"]["annotations"] = json!({"rebalance.emqx.io/url": url});
        assert_eq!(asked(&pod).target, Target::Urls(url.to_owned()));
    }
}
