//! EMQX as its operators would have it: the embedded cluster, and the objects that tell where it is.

use crate::network::Network;
use crate::place::Place;
use emqx_rebalance_core::{NodeName, Role};
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, NodeConfig, Release};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

/// A cluster of four nodes, one of them new and empty.
pub(crate) struct Emqx {
    pub(crate) cluster: Embedded,
    pub(crate) network: Network,
}

/// The service account of EMQX's pods.
pub(crate) const ACCOUNT: &str = "emqx";
/// Clients on each of the three full nodes.
pub(crate) const CLIENTS: u64 = 300;
/// Sessions without a client on each of them.
const AWAY: u64 = 60;

impl Emqx {
    /// What EMQX's operator 2.1 makes of an `EmqxEnterprise`: EMQX 4.4.
    pub(crate) async fn enterprise(place: &Place, name: &str) -> Self {
        let emqx = Self::start(place, name, Release::V4_4).await;
        emqx.describe(place, "v1beta4", "EmqxEnterprise", name, json!({})).await;
        emqx.lend_key(place, &format!("{name}-bootstrap-user"), "bootstrap_user").await;
        emqx
    }

    /// What EMQX's operator 2.2 makes of an `EMQX`: EMQX 5, its pods and the Service of its API.
    pub(crate) async fn operated(place: &Place, name: &str) -> Self {
        let emqx = Self::start(place, name, Release::V5_8).await;
        emqx.lend_key(place, &format!("{name}-bootstrap-api-key"), "bootstrap_api_key").await;
        let ports = json!([{"name": "dashboard", "port": 18083, "protocol": "TCP"}]);
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("{name}-dashboard")},
            "spec": {"ports": ports, "selector": {"apps.emqx.io/instance": name}},
        });
        place.kubectl.apply(&service.to_string()).await;
        let mut nodes = Vec::new();
        for (i, node) in names(place, name).iter().enumerate() {
            let uid = pod(place, name, i).await;
            nodes.push(json!({"node": node, "node_status": "running", "podUID": uid}));
        }
        emqx.describe(place, "v2beta1", "EMQX", name, json!({"coreNodes": nodes})).await;
        emqx
    }

    async fn start(place: &Place, name: &str, release: Release) -> Self {
        let node = |(i, name): (usize, NodeName)| NodeConfig {
            name,
            role: Role::Core,
            clients: if i == 3 { 0 } else { CLIENTS },
            disconnected_sessions: if i == 3 { 0 } else { AWAY },
        };
        let nodes = names(place, name).into_iter().enumerate().map(node).collect();
        let config = ClusterConfig { personality: release, ..ClusterConfig::new(nodes) };
        let cluster = Embedded::start(config).await.unwrap();
        let network = Network::to(cluster.addresses()).await;
        Self { cluster, network }
    }

    /// Creates the operator's object.
    async fn describe(&self, place: &Place, version: &str, kind: &str, name: &str, status: Value) {
        let mut object = DynamicObject::new(name, &place.resource(version, kind));
        object.data = json!({"spec": {}, "status": status});
        let api: Api<DynamicObject> = Api::namespaced_with(
            place.client.clone(),
            &place.namespace,
            &place.resource(version, kind),
        );
        api.create(&PostParams::default(), &object).await.unwrap();
    }

    async fn lend_key(&self, place: &Place, secret: &str, field: &str) {
        let key = format!("{}:{}", self.cluster.api_key(), self.cluster.api_secret());
        let literal = format!("--from-literal={field}={key}");
        place.kubectl.run(&["create", "secret", "generic", secret, &literal]).await;
    }

    /// Whether EMQX rebalances or has a node that refuses clients.
    pub(crate) fn is_busy(&self) -> bool {
        self.cluster.with(|simulation| simulation.cluster.is_busy())
    }

    /// Clients on each node.
    pub(crate) fn clients(&self) -> Vec<u64> {
        self.cluster.with(|simulation| {
            (0..4).map(|node| simulation.cluster.counts(node).connected).collect()
        })
    }
}

fn names(place: &Place, name: &str) -> Vec<NodeName> {
    let host = format!("{name}-headless.{}.svc.cluster.local", place.namespace);
    (0..4).map(|i| NodeName::new(format!("{name}@{name}-{i}.{host}")).unwrap()).collect()
}

/// Creates the pod of node `i`, running, and answers its uid.
async fn pod(place: &Place, name: &str, i: usize) -> String {
    let api: Api<Pod> = Api::namespaced(place.client.clone(), &place.namespace);
    let labels = [("apps.emqx.io/instance", name), ("apps.emqx.io/db-role", "core")];
    let pod = format!("{name}-{i}");
    let made: Pod = serde_json::from_value(json!({
        "metadata": ObjectMeta {
            name: Some(pod.clone()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        "spec": {
            "containers": [{"name": "emqx", "image": "emqx"}], "serviceAccountName": ACCOUNT,
        },
    }))
    .unwrap();
    let made = api.create(&PostParams::default(), &made).await.unwrap();
    let status = json!({"status": {
        "phase": "Running", "podIP": format!("10.1.0.{i}"), "podIPs": [{"ip": format!("10.1.0.{i}")}],
        "conditions": [{"type": "ContainersReady", "status": "True"}],
    }});
    api.patch_status(&pod, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
    made.metadata.uid.unwrap()
}
