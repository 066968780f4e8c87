//! A namespace of a test's own, with the controller's rights in it as its manifest has them.

use crate::kubectl::Kubectl;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::wait::await_condition;
use kube::{Client, Config};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::timeout;

/// Longer than anything takes here, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A namespace. It stays on the API server, which goes with the tests.
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) kubectl: Kubectl,
    /// The administrator's.
    pub(crate) client: Client,
    /// The controller's namespace.
    home: String,
    container: OnceCell<Value>,
    kubeconfig: OnceCell<PathBuf>,
    folder: TempDir,
    _turn: Turn,
}

/// A controller for all namespaces would work on the objects of the other tests.
static TURNS: RwLock<()> = RwLock::const_new(());

enum Turn {
    Shared(#[expect(dead_code, reason = "held until it is dropped")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "held until it is dropped")] RwLockWriteGuard<'static, ()>),
}

impl Place {
    /// Installs `one-namespace.yaml` for a namespace whose name begins with `name`.
    pub(crate) async fn new(name: &str) -> Self {
        let turn = Turn::Shared(TURNS.read().await);
        let namespace = namespace(name).await;
        // As the guide says: replace the name to use another.
        let manifest = read("deploy/manifests/one-namespace.yaml")
            .replace("namespace: default", &format!("namespace: {namespace}"));
        Kubectl::new(&namespace).apply(&manifest).await;
        Self::of(namespace.clone(), namespace, turn).await
    }

    /// Installs `all-namespaces.yaml`, as it is. Everybody else waits for this test.
    pub(crate) async fn everywhere(name: &str) -> Self {
        let turn = Turn::Alone(TURNS.write().await);
        let home = "emqx-rebalance".to_owned();
        Kubectl::new(&home).apply(&read("deploy/manifests/all-namespaces.yaml")).await;
        Self::of(namespace(name).await, home, turn).await
    }

    async fn of(namespace: String, home: String, turn: Turn) -> Self {
        let kubectl = Kubectl::new(&namespace);
        let client = Client::try_from(Config::infer().await.unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (container, kubeconfig) = (OnceCell::new(), OnceCell::new());
        Self { namespace, kubectl, client, home, container, kubeconfig, folder, _turn: turn }
    }

    /// The command line that the Deployment gives the controller.
    pub(crate) async fn arguments(&self) -> Vec<String> {
        serde_json::from_value(self.container().await["args"].clone()).unwrap()
    }

    /// The environment that it gives it, where the pod's namespace is that of the Deployment.
    pub(crate) async fn environment(&self) -> Vec<(String, String)> {
        let container = self.container().await;
        let variables = container["env"].as_array().unwrap().iter();
        variables
            .map(|variable| {
                let name = variable["name"].as_str().unwrap().to_owned();
                let field = &variable["valueFrom"]["fieldRef"]["fieldPath"];
                let is_namespace = field == "metadata.namespace";
                let value =
                    if is_namespace { Some(&*self.home) } else { variable["value"].as_str() };
                (name, value.unwrap().to_owned())
            })
            .collect()
    }

    async fn container(&self) -> &Value {
        self.container.get_or_init(|| self.read_container()).await
    }

    async fn read_container(&self) -> Value {
        let kubectl = Kubectl::new(&self.home);
        let deployment = kubectl.get("deployment/emqx-rebalance-controller").await;
        deployment["spec"]["template"]["spec"]["containers"][0].clone()
    }

    /// A kubeconfig with the rights of the controller's service account, and nobody else's.
    pub(crate) async fn kubeconfig(&self) -> &Path {
        self.kubeconfig.get_or_init(|| self.write_kubeconfig()).await
    }

    async fn write_kubeconfig(&self) -> PathBuf {
        let view = ["config", "view", "--raw", "--minify", "--flatten", "--output=json"];
        let mut config: Value = serde_json::from_str(&self.kubectl.run(&view).await).unwrap();
        let account = format!("namespaces/{}/serviceaccounts/emqx-rebalance-controller", self.home);
        let path = format!("/api/v1/{account}/token");
        let request =
            r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#;
        let create = ["create", "--raw", &path, "--filename=-"];
        let granted = self.kubectl.with_input(&create, request).await;
        let granted: Value = serde_json::from_str(&granted).unwrap();
        config["users"][0]["user"] = serde_json::json!({"token": granted["status"]["token"]});
        let file = self.folder.path().join("kubeconfig");
        std::fs::write(&file, config.to_string()).unwrap();
        file
    }

    /// A resource of EMQX's group.
    pub(crate) fn resource(&self, version: &str, kind: &str) -> ApiResource {
        ApiResource::from_gvk(&GroupVersionKind::gvk("apps.emqx.io", version, kind))
    }

    pub(crate) fn rebalances(&self) -> Api<DynamicObject> {
        let resource = self.resource("v2beta1", "Rebalance");
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }

    /// Waits until the status of the `Rebalance` called `name` is as `look` wants it, and answers it.
    pub(crate) async fn until(&self, name: &str, look: impl Fn(&Value) -> bool + Send) -> Value {
        let status = |object: Option<&DynamicObject>| {
            object.is_some_and(|object| look(&object.data["status"]))
        };
        let waiting = await_condition(self.rebalances(), name, status);
        let Ok(found) = timeout(PATIENCE, waiting).await else {
            let object = self.kubectl.get(&format!("rebalance/{name}")).await;
            panic!("{name} stays at {:#}", object["status"]);
        };
        found.unwrap().unwrap().data["status"].clone()
    }

    pub(crate) async fn until_phase(&self, name: &str, phase: &str) -> Value {
        self.until(name, |status| status["phase"] == phase).await
    }

    /// Waits until EMQX is in `state` for the object, one of its own words.
    pub(crate) async fn until_state(&self, name: &str, state: &str) {
        self.until(name, |status| status["rebalanceStates"][0]["state"] == state).await;
    }

    /// Waits until the object is no more.
    pub(crate) async fn until_gone(&self, name: &str) {
        let gone = |object: Option<&DynamicObject>| object.is_none();
        timeout(PATIENCE, await_condition(self.rebalances(), name, gone)).await.unwrap().unwrap();
    }
}

/// Makes a namespace whose name begins with `name`.
async fn namespace(name: &str) -> String {
    static DEFINED: OnceCell<()> = OnceCell::const_new();
    DEFINED.get_or_init(define).await;
    let namespace = format!("{name}-{:x}", std::process::id());
    Kubectl::new("default").run(&["create", "namespace", &namespace]).await;
    namespace
}

/// Installs the definitions that are not there. Those of others are left alone.
async fn define() {
    let kubectl = Kubectl::new("default");
    let operators = include_str!("operators.yaml");
    for (name, yaml) in [
        ("rebalances", read("deploy/manifests/crd.yaml")),
        ("emqxes", operators.split("\n---\n").nth(1).unwrap().to_owned()),
        ("emqxenterprises", operators.split("\n---\n").next().unwrap().to_owned()),
    ] {
        let object = format!("crd/{name}.apps.emqx.io");
        if kubectl.try_with_input(&["get", &object], "").await.is_err() {
            kubectl.with_input(&["create", "--filename=-"], &yaml).await;
        }
        kubectl.run(&["wait", "--for=condition=established", &object]).await;
    }
    define_our_own(&kubectl).await;
}

/// Installs the definitions of our own group. Servers before 1.25 know no rules and leave them out; their
/// `kubectl` would not send them.
async fn define_our_own(kubectl: &Kubectl) {
    let objects = ["loadrebalances", "nodeevacuations", "rebalancepolicies"]
        .map(|name| format!("crd/{name}.emqx-rebalance.io"));
    if kubectl.try_with_input(&["get", &objects[0]], "").await.is_err() {
        let create = ["create", "--validate=false", "--filename=-"];
        kubectl.with_input(&create, &read("deploy/manifests/own.yaml")).await;
    }
    let established = ["wait", "--for=condition=established"];
    let all: Vec<&str> =
        established.into_iter().chain(objects.iter().map(String::as_str)).collect();
    kubectl.run(&all).await;
}

pub(crate) fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
