//! Who gets new clients, as the Service's EndpointSlices say.

use super::Whereabouts;
use crate::failure::is_status;
use emqx_rebalance_core::NodeName;
use k8s_openapi::api::discovery::v1::Endpoint;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use serde::Deserialize;
use serde_json::Value;

/// Those of `donors` that `service` still sends new clients to; `None` if nothing can be said: none is
/// seen to get any, and one of them is no endpoint of the Service at all.
pub(crate) async fn still_in_service(
    client: &Client,
    namespace: &str,
    service: &str,
    donors: &[NodeName],
) -> Result<Option<Vec<NodeName>>, kube::Error> {
    let slices = slices(client, namespace, service).await?;
    let endpoints: Vec<Endpoint> = slices.into_iter().flat_map(endpoints).collect();
    Ok(still_in(&endpoints, donors))
}

/// Both versions have the same fields, as far as they are looked at.
fn endpoints(mut slice: DynamicObject) -> Vec<Endpoint> {
    let endpoints = slice.data.get_mut("endpoints").map(Value::take).unwrap_or_default();
    Option::deserialize(endpoints).ok().flatten().unwrap_or_default()
}

fn still_in(endpoints: &[Endpoint], donors: &[NodeName]) -> Option<Vec<NodeName>> {
    let serving = |node: &&NodeName| {
        endpoints.iter().any(|endpoint| is_of(endpoint, node) && is_ready(endpoint))
    };
    let still_in: Vec<_> = donors.iter().filter(serving).cloned().collect();
    let is_known = |node: &NodeName| endpoints.iter().any(|endpoint| is_of(endpoint, node));
    (!still_in.is_empty() || donors.iter().all(is_known)).then_some(still_in)
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

/// Whether `endpoint` is sent new clients. One that does not say so is.
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false)
}

fn is_of(endpoint: &Endpoint, node: &NodeName) -> bool {
    let place = Whereabouts::of(node);
    let pod = endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref());
    let has_ip = |ip: &str| endpoint.addresses.iter().any(|address| address == ip);
    (place.pod.is_some() && place.pod == pod) || place.ip.is_some_and(has_ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::slice;

    /// The endpoints of a slice with this one, and of one without any.
    fn only(endpoint: Value) -> Vec<Endpoint> {
        let slice = |endpoints: Value| {
            serde_json::from_value(json!({"metadata": {}, "endpoints": endpoints})).unwrap()
        };
        let slices = [slice(json!([endpoint])), slice(json!(null))];
        slices.into_iter().flat_map(endpoints).collect()
    }

    #[test]
    fn only_endpoints_that_are_ready_get_clients() {
        let core = NodeName::new("emqx@emqx-core-0.emqx-headless").unwrap();
        let replicant = NodeName::new("emqx@10.0.0.7").unwrap();
        let endpoint = |ready| {
            only(json!({
                "addresses": ["10.0.0.7"], "conditions": {"ready": ready},
                "targetRef": {"kind": "Pod", "name": "emqx-core-0"},
            }))
        };
        let seen = |ready, node: &NodeName| still_in(&endpoint(ready), slice::from_ref(node));
        assert_eq!(seen(json!(true), &core), Some(vec![core.clone()]));
        assert_eq!(seen(json!(null), &replicant), Some(vec![replicant.clone()]));
        assert_eq!(seen(json!(false), &core), Some(Vec::new()));
    }

    #[test]
    fn a_donor_that_is_no_endpoint_is_not_known_to_have_left() {
        let [core, other] =
            ["0", "1"].map(|i| NodeName::new(format!("emqx@emqx-core-{i}.emqx-headless")).unwrap());
        let endpoint = |ready| {
            only(json!({"conditions": {"ready": ready}, "targetRef": {"name": "emqx-core-0"}}))
        };
        let donors = [core.clone(), other];
        assert_eq!(still_in(&endpoint(json!(false)), &donors), None);
        assert_eq!(still_in(&endpoint(json!(true)), &donors), Some(vec![core]));
        assert_eq!(still_in(&[], &donors), None);
    }
}
