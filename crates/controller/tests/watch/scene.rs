//! A cluster, an API server and a controller between them.

use crate::api::{Api, Key};
use crate::relay::Relay;
use emqx_rebalance_controller::{RunOptions, run};
use emqx_rebalance_core::NodeName;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Reconnect};
use emqx_rebalance_testkit::canary::Canaries;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) struct Scene {
    pub(crate) api: Api,
    pub(crate) emqx: Embedded,
    pub(crate) relay: Relay,
    controller: Option<JoinHandle<()>>,
}

impl Scene {
    /// A cluster with so many clients on each node, and a controller.
    pub(crate) async fn of(clients: &[u64]) -> Self {
        let mut scene = Self::quiet(clients).await;
        scene.start_controller();
        scene
    }

    /// The same without a controller.
    pub(crate) async fn quiet(clients: &[u64]) -> Self {
        let key = ClusterConfig::with_clients(clients).unwrap().credentials.api_key;
        Self::quiet_with_key(clients, &key).await
    }

    /// The same with the canaries' API key, and a controller.
    pub(crate) async fn of_canaries(clients: &[u64], list: &Canaries) -> Self {
        let secret = list.secret("api_secret");
        let mut scene =
            Self::quiet_as(embedded_as(clients, &list.api_key, Some(secret), "").await).await;
        scene.start_controller();
        scene
    }

    /// The same with an API key of one's own choice.
    pub(crate) async fn quiet_with_key(clients: &[u64], key: &str) -> Self {
        Self::quiet_as(embedded(clients, key, "").await).await
    }

    async fn quiet_as(emqx: Embedded) -> Self {
        let relay = Relay::to(emqx.addresses()).await;
        let api = Api::start().await;
        let (key, secret) = (base64(&emqx.api_key()), base64(&emqx.api_secret()));
        let data = json!({"key": key, "secret": secret, "hosts": base64("127.0.0.1")});
        let labels = json!({"rebalance.emqx.io/credentials": "true"});
        let secret = json!({"metadata": {"labels": labels}, "data": data});
        api.state.create(&Key::new("secrets", "emqx-key"), secret);
        Self { api, emqx, relay, controller: None }
    }

    /// One more cluster, with the same key and other nodes.
    pub(crate) async fn another_cluster(&self, clients: &[u64]) -> (Embedded, Relay) {
        static OTHERS: AtomicU32 = AtomicU32::new(1);
        let name = format!("other{}-", OTHERS.fetch_add(1, Ordering::Relaxed));
        let emqx = embedded(clients, &self.emqx.api_key(), &name).await;
        let relay = Relay::to(emqx.addresses()).await;
        (emqx, relay)
    }

    pub(crate) fn start_controller(&mut self) {
        self.controller = Some(self.another_controller());
    }

    /// A controller that knows nothing of any other.
    pub(crate) fn another_controller(&self) -> JoinHandle<()> {
        self.controller_with(options())
    }

    /// One that runs with `options`.
    pub(crate) fn controller_with(&self, options: RunOptions) -> JoinHandle<()> {
        let running = run(self.api.config(), options, std::future::pending());
        tokio::spawn(async move { running.await.unwrap() })
    }

    /// Ends the controller as a crash would: in the middle of whatever it does.
    pub(crate) async fn kill_controller(&mut self) {
        let controller = self.controller.take().unwrap();
        controller.abort();
        drop(controller.await);
    }

    /// Creates a `Rebalance` of this cluster. Fast: a phase may be over before it is seen.
    pub(crate) fn rebalance(&self, name: &str, annotations: Value) -> Key {
        self.rebalance_with_waits(name, &annotations, 1)
    }

    /// The same with time for every phase to be seen, on a busy machine too.
    pub(crate) fn slow_rebalance(&self, name: &str, annotations: Value) -> Key {
        self.rebalance_with_waits(name, &annotations, 4)
    }

    fn rebalance_with_waits(&self, name: &str, annotations: &Value, wait_s: u32) -> Key {
        let mut all = json!({
            "rebalance.emqx.io/url": self.relay.urls(),
            "rebalance.emqx.io/secret": "emqx-key",
            "rebalance.emqx.io/driver-options":
                r#"{"poll_interval_ms": 100, "settle_s": 10, "empty_polls": 2}"#,
        });
        for (annotation, value) in annotations.as_object().unwrap() {
            all[annotation] = value.clone();
        }
        self.create_with_waits(name, &json!({"annotations": all}), "emqx", wait_s)
    }

    pub(crate) fn create(&self, name: &str, metadata: &Value, instance: &str) -> Key {
        self.create_with_waits(name, metadata, instance, 1)
    }

    /// Creates a `LoadRebalance` of this cluster that asks for `more`.
    pub(crate) fn load_rebalance(&self, name: &str, wait_s: u32, more: Value) -> Key {
        let spec = json!({"strategy": {
            "connEvictRate": 50, "sessEvictRate": 20,
            "waitHealthCheck": wait_s, "waitTakeover": wait_s,
            "absConnThreshold": 10, "relConnThreshold": 1.01,
            "absSessThreshold": 10, "relSessThreshold": 1.01,
        }});
        self.create_own(("loadrebalances", "LoadRebalance"), name, spec, more)
    }

    /// Creates a `NodeEvacuation` of the first node of this cluster.
    pub(crate) fn evacuation(&self, name: &str, more: Value) -> Key {
        let spec = json!({"node": "emqx1@127.0.0.1", "strategy": {
            "connEvictRate": 100, "sessEvictRate": 100, "waitHealthCheck": 1, "waitTakeover": 1,
        }});
        self.create_own(("nodeevacuations", "NodeEvacuation"), name, spec, more)
    }

    /// Creates a `RebalancePolicy` of this cluster that says `policy`, and looks every second.
    pub(crate) fn policy(&self, name: &str, policy: Value) -> Key {
        let spec = json!({"pollIntervalSeconds": 1, "strategy": {
            "connEvictRate": 100, "waitHealthCheck": 1, "waitTakeover": 1,
            "absConnThreshold": 10, "relConnThreshold": 1.01,
        }});
        let kind = ("rebalancepolicies", "RebalancePolicy");
        self.create_own(kind, name, spec, json!({"policy": policy}))
    }

    /// Creates an object of ours for this cluster, driven in haste, with `spec` and then `more`.
    fn create_own(
        &self,
        (resource, kind): (&str, &str),
        name: &str,
        spec: Value,
        more: Value,
    ) -> Key {
        let key = Key::new(resource, name);
        let urls: Vec<_> = self.relay.urls().split(',').map(str::to_owned).collect();
        let mut whole = json!({
            "target": {"urls": urls, "secretName": "emqx-key"},
            "driver": {"pollIntervalMs": 100, "settleS": 10, "emptyPolls": 2},
        });
        for fields in [spec, more] {
            for (field, value) in fields.as_object().unwrap() {
                whole[field] = value.clone();
            }
        }
        let object = json!({
            "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": kind, "metadata": {}, "spec": whole,
        });
        self.api.state.create(&key, object);
        key
    }

    fn create_with_waits(&self, name: &str, metadata: &Value, instance: &str, wait_s: u32) -> Key {
        let key = Key::new("rebalances", name);
        let object = json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance", "metadata": metadata,
            "spec": {"instanceName": instance, "rebalanceStrategy": {
                "connEvictRate": 50, "sessEvictRate": 20,
                "waitHealthCheck": wait_s, "waitTakeover": wait_s,
                "absConnThreshold": 10, "relConnThreshold": "1.01",
                "absSessThreshold": 10, "relSessThreshold": "1.01",
            }},
        });
        self.api.state.create(&key, object);
        key
    }

    /// The object, once `look` finds something on it.
    pub(crate) async fn until<T>(&self, key: &Key, mut look: impl FnMut(&Value) -> Option<T>) -> T {
        self.api.state.until(|state| state.get(key).and_then(|object| look(&object))).await
    }

    /// The object once it has its verdict and nothing of the controller's is left on it, nor on what was
    /// made of it.
    pub(crate) async fn ended(&self, key: &Key) -> Value {
        let object = self
            .until(key, |object| {
                let is_ended = ["Completed", "Failed"].contains(&phase(object));
                (is_ended && !has_state(object) && finalizers(object) == 0).then(|| object.clone())
            })
            .await;
        let made = self.made_of(key);
        let is_let_go = |made: Value| finalizers(&made) == 0;
        self.api.state.until(|state| state.get(&made).is_none_or(is_let_go).then_some(())).await;
        object
    }

    /// The `LoadRebalance` that is made of the `Rebalance` at `key`.
    pub(crate) fn made_of(&self, key: &Key) -> Key {
        let object = self.api.state.get(key).unwrap();
        let uid = object["metadata"]["uid"].as_str().unwrap();
        let name = format!("{}-{}", key.name, uid.rsplit('-').next().unwrap());
        Key { resource: "loadrebalances".to_owned(), name, ..key.clone() }
    }

    /// Waits until EMQX is shown to be in `state`.
    pub(crate) async fn in_state(&self, key: &Key, state: &str) {
        self.until(key, |object| {
            (object.pointer("/status/rebalanceStates/0/state")? == state).then_some(())
        })
        .await;
    }

    /// Waits until the object is no more.
    pub(crate) async fn gone(&self, key: &Key) {
        self.api.state.until(|state| state.get(key).is_none().then_some(())).await;
    }

    /// Waits until EMQX rebalances no more. It tells nobody, so it is asked.
    pub(crate) async fn quiet_again(&self) {
        let mut ask = tokio::time::interval(Duration::from_millis(20));
        while self.is_rebalancing() {
            ask.tick().await;
        }
    }

    /// Whether EMQX rebalances now.
    pub(crate) fn is_rebalancing(&self) -> bool {
        self.emqx.with(|simulation| simulation.cluster.is_busy())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}

/// A cluster whose nodes' names begin with `name` and whose clients come back at once, with sessions to move where there are clients.
async fn embedded(clients: &[u64], key: &str, name: &str) -> Embedded {
    embedded_as(clients, key, None, name).await
}

/// With a secret of one's own choice, too.
async fn embedded_as(clients: &[u64], key: &str, secret: Option<&str>, name: &str) -> Embedded {
    let mut config = ClusterConfig {
        reconnect: Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() },
        ..ClusterConfig::with_clients(clients).unwrap()
    };
    for node in &mut config.nodes {
        node.name = NodeName::new(format!("{name}{}", node.name)).unwrap();
    }
    for node in config.nodes.iter_mut().filter(|node| node.clients > 0) {
        node.disconnected_sessions = 60;
    }
    config.credentials.api_key = key.to_owned();
    if let Some(secret) = secret {
        config.credentials.api_secret = secret.to_owned();
    }
    Embedded::start(config).await.unwrap()
}

/// For a controller that is the only one, on this machine.
pub(crate) fn options() -> RunOptions {
    RunOptions {
        namespaces: Vec::new(),
        metrics_addr: "127.0.0.1:0".parse().unwrap(),
        lease: None,
        allowed_hosts: vec!["127.0.0.1".parse().unwrap()],
        installed: None,
        drains: false,
    }
}

/// Ends a test that waits for what does not come.
pub(crate) async fn within<T>(seconds: u64, test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(seconds), test).await.expect("it takes too long")
}

pub(crate) fn phase(object: &Value) -> &str {
    object.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn has_state(object: &Value) -> bool {
    object["metadata"]["annotations"].get("rebalance.emqx.io/state").is_some()
}

pub(crate) fn finalizers(object: &Value) -> usize {
    object["metadata"]["finalizers"].as_array().map_or(0, Vec::len)
}

/// The condition of `kind`.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind)
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
