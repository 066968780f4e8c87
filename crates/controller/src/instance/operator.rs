//! Clusters of EMQX Operator 2.2 and later: the resource `EMQX`.
//!
//! Source: emqx-operator `api/v2beta1`, `api/v3beta1/names.go`, `internal/controller/config/emqx.go`.

use super::{Access, Kinds, Lookup, Place};
use emqx_rebalance_core::NodeName;
use k8s_openapi::api::core::v1::{Pod, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt;
use kube::api::DynamicObject;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kind of the resource.
pub(super) const KIND: &str = "EMQX";

/// Finds `name`, if there is one.
pub(super) async fn find(
    place: &Place<'_>,
    kinds: &Kinds,
    name: &str,
) -> Result<Option<Access>, Lookup> {
    let Some(instance) = place.instance(kinds, KIND, name).await? else { return Ok(None) };
    let secret = place.secret(&format!("{name}-bootstrap-api-key")).await?;
    let auth = secret.bootstrap("bootstrap_api_key")?;
    let dashboard = place.service(&format!("{name}-dashboard")).await?;
    let port = Port::of(dashboard.as_ref());
    let pods = place.pods(&format!("apps.emqx.io/instance={name}")).await?;
    let node_urls = node_urls(&instance, &pods, &port);
    let mut urls = if port.is_tls { Vec::new() } else { ready_cores(&pods, &port) };
    urls.extend(service_url(place, dashboard.as_ref(), &port));
    if urls.is_empty() {
        return Err(Lookup::Absent(format!("EMQX {name} has no pod and no Service to ask")));
    }
    Ok(Some(Access {
        urls,
        node_urls,
        find_nodes: true,
        auth,
        ca_pem: None,
        service: Some(format!("{name}-listeners")),
    }))
}

/// Where nodes listen for the API.
#[derive(Debug, PartialEq)]
struct Port {
    is_tls: bool,
    /// On the pods.
    target: u16,
    /// On the Service.
    service: u16,
}

impl Port {
    /// The operator names the ports `dashboard` and `dashboard-https`. A name as the target port
    /// stands for the port of the container of the same name, which has the same number.
    fn of(service: Option<&Service>) -> Self {
        let ports = service.and_then(|service| service.spec.as_ref()?.ports.as_deref());
        let named = |name: &str| {
            ports.unwrap_or_default().iter().find(|port| port.name.as_deref() == Some(name))
        };
        let (is_tls, port) = match (named("dashboard"), named("dashboard-https")) {
            (None, Some(port)) => (true, Some(port)),
            (port, _) => (false, port),
        };
        let number = |port: i32| u16::try_from(port).ok().filter(|port| *port > 0);
        let service = port.and_then(|port| number(port.port)).unwrap_or(DASHBOARD);
        let target = port.and_then(target).and_then(number).unwrap_or(service);
        Self { is_tls, target, service }
    }
}

fn target(port: &ServicePort) -> Option<i32> {
    match port.target_port.as_ref()? {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => text.parse().ok(),
    }
}

/// Certificates name hosts, so nodes are asked by address only where there is no TLS. With TLS the
/// client looks for a node at the host in its name.
fn node_urls(instance: &DynamicObject, pods: &[Pod], port: &Port) -> BTreeMap<NodeName, String> {
    if port.is_tls {
        return BTreeMap::new();
    }
    let lists = ["coreNodes", "replicantNodes"];
    let nodes = lists
        .into_iter()
        .filter_map(|list| instance.data.pointer(&format!("/status/{list}"))?.as_array())
        .flatten();
    nodes.filter_map(|node| node_url(node, pods, port)).collect()
}

/// 2.x says `node` and `podUID`, 3.x says `name` and `podName`.
fn node_url(node: &Value, pods: &[Pod], port: &Port) -> Option<(NodeName, String)> {
    let text = |field: &str| node.get(field).and_then(Value::as_str);
    let name = NodeName::new(text("name").or_else(|| text("node"))?).ok()?;
    let pod = pods.iter().find(|pod| {
        let by_name = text("podName").is_some_and(|name| pod.name_any() == name);
        let by_uid = text("podUID").is_some() && pod.uid().as_deref() == text("podUID");
        by_name || by_uid
    })?;
    Some((name, pod_url(pod, port)?))
}

fn ready_cores(pods: &[Pod], port: &Port) -> Vec<String> {
    let is_core =
        |pod: &&Pod| pod.labels().get("apps.emqx.io/db-role").is_none_or(|role| role == "core");
    pods.iter()
        .filter(is_core)
        .filter(|pod| is_running(pod))
        .filter_map(|pod| pod_url(pod, port))
        .collect()
}

/// Whether the containers are ready. Not whether the pod is: a donor is not.
fn is_running(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .unwrap_or_default()
            .iter()
            .any(|condition| condition.type_ == "ContainersReady" && condition.status == "True")
}

fn pod_url(pod: &Pod, port: &Port) -> Option<String> {
    let ip = pod.status.as_ref()?.pod_ip.as_deref().filter(|ip| !ip.is_empty())?;
    Some(http_url("http", ip, port.target))
}

fn service_url(place: &Place<'_>, service: Option<&Service>, port: &Port) -> Option<String> {
    let service = service?;
    if port.is_tls {
        let host = format!("{}.{}.svc", service.name_any(), place.namespace);
        return Some(http_url("https", &host, port.service));
    }
    let ip = service.spec.as_ref()?.cluster_ip.as_deref()?;
    (!ip.is_empty() && ip != "None").then(|| http_url("http", ip, port.service))
}

fn http_url(scheme: &str, host: &str, port: u16) -> String {
    let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
    format!("{scheme}://{open}{host}{close}:{port}")
}

/// EMQX's default. Source: EMQX `dashboard.listeners.http.bind`, 5.x.
const DASHBOARD: u16 = 18083;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(ports: Value) -> Service {
        serde_json::from_value(json!({"spec": {"ports": ports}})).unwrap()
    }

    #[test]
    fn https_is_used_only_where_there_is_no_http() {
        let both = service(json!([
            {"name": "dashboard", "port": 80, "targetPort": 18083},
            {"name": "dashboard-https", "port": 443, "targetPort": 18084},
        ]));
        assert_eq!(Port::of(Some(&both)), Port { is_tls: false, target: 18083, service: 80 });
        let tls = service(json!([{"name": "dashboard-https", "port": 18084}]));
        assert_eq!(Port::of(Some(&tls)), Port { is_tls: true, target: 18084, service: 18084 });
        assert_eq!(Port::of(None), Port { is_tls: false, target: 18083, service: 18083 });
    }

    #[test]
    fn nodes_of_2_x_and_of_3_x_are_found() {
        let pods: Vec<Pod> = serde_json::from_value(json!([
            {"metadata": {"name": "emqx-core-0", "uid": "u0"}, "status": {"podIP": "10.0.0.7"}},
            {"metadata": {"name": "emqx-replicant-x", "uid": "u1"}, "status": {"podIP": "fd00::1"}},
        ]))
        .unwrap();
        let instance: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "EMQX", "metadata": {"name": "emqx"},
            "status": {
                "coreNodes": [{"node": "emqx@emqx-core-0.emqx-headless", "podUID": "u0"}],
                "replicantNodes": [{"name": "emqx@10.0.0.8", "podName": "emqx-replicant-x"}],
            },
        }))
        .unwrap();
        let port = Port { is_tls: false, target: 18083, service: 80 };
        let urls: Vec<_> = node_urls(&instance, &pods, &port).into_values().collect();
        assert_eq!(urls, ["http://[fd00::1]:18083", "http://10.0.0.7:18083"]);
    }
}
