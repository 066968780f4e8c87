//! Who gets new clients, as the Service's EndpointSlices say.

use super::Whereabouts;
use crate::failure::is_status;
use emqx_rebalance_core::NodeName;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use serde_json::Value;

/// Those of `donors` that `service` still sends new clients to; `None` if the Service has no slices,
/// so that nothing can be said.
pub(crate) async fn still_in_service(
    client: &Client,
    namespace: &str,
    service: &str,
    donors: &[NodeName],
) -> Result<Option<Vec<NodeName>>, kube::Error> {
    let slices = slices(client, namespace, service).await?;
    if slices.is_empty() {
        return Ok(None);
    }
    let endpoints: Vec<&Value> = slices
        .iter()
        .filter_map(|slice| slice.data.get("endpoints")?.as_array())
        .flatten()
        .collect();
    let is_in = |node: &&NodeName| endpoints.iter().any(|endpoint| serves(endpoint, node));
    Ok(Some(donors.iter().filter(is_in).cloned().collect()))
}

/// v1 is served from Kubernetes 1.21 on; v1beta1, with the same fields, before.
async fn slices(
    client: &Client,
    namespace: &str,
    service: &str,
) -> Result<Vec<DynamicObject>, kube::Error> {
    let labels = format!("kubernetes.io/service-name={service}");
    let params = ListParams::default().labels(&labels);
    match api(client, namespace, "v1").list(&params).await {
        Ok(list) => Ok(list.items),
        Err(error) if is_status(&error, 404) => {
            Ok(api(client, namespace, "v1beta1").list(&params).await?.items)
        }
        Err(error) => Err(error),
    }
}

fn api(client: &Client, namespace: &str, version: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("discovery.k8s.io", version, "EndpointSlice");
    Api::namespaced_with(client.clone(), namespace, &ApiResource::from_gvk(&kind))
}

/// Whether `endpoint` is `node` and is sent new clients. An endpoint that does not say whether it is
/// ready is.
fn serves(endpoint: &Value, node: &NodeName) -> bool {
    if endpoint.pointer("/conditions/ready") == Some(&Value::Bool(false)) {
        return false;
    }
    let place = Whereabouts::of(node);
    let pod = endpoint.pointer("/targetRef/name").and_then(Value::as_str);
    let addresses = endpoint.get("addresses").and_then(Value::as_array);
    let has_ip = |ip: &str| addresses.is_some_and(|list| list.iter().any(|address| address == ip));
    let is_pod = place.pod.is_some() && place.pod == pod;
    is_pod || place.ip.is_some_and(has_ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_endpoints_that_are_ready_get_clients() {
        let core = NodeName::new("emqx@emqx-core-0.emqx-headless").unwrap();
        let replicant = NodeName::new("emqx@10.0.0.7").unwrap();
        let endpoint = |ready| {
            json!({
                "addresses": ["10.0.0.7"], "conditions": {"ready": ready},
                "targetRef": {"kind": "Pod", "name": "emqx-core-0"},
            })
        };
        assert!(serves(&endpoint(json!(true)), &core));
        assert!(serves(&endpoint(json!(null)), &replicant));
        assert!(!serves(&endpoint(json!(false)), &core));
        let other = NodeName::new("emqx@emqx-core-1.emqx-headless").unwrap();
        assert!(!serves(&endpoint(json!(true)), &other));
    }
}
