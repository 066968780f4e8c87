//! A small Kubernetes API server in this process: enough of lists, watches, patches, finalizers and
//! conflicts for a controller, and faults on request.

mod merge;
mod objects;
mod routes;

pub(crate) use objects::Key;

use axum::Router;
use kube::Config;
use objects::Objects;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running API server; it stops when it is dropped.
pub(crate) struct Api {
    pub(crate) state: Arc<State>,
    url: String,
    _tasks: JoinSet<()>,
}

/// What the server holds.
pub(crate) struct State {
    objects: Mutex<Objects>,
    /// The latest resource version, for those who watch.
    changed: watch::Sender<u64>,
    faults: Mutex<Faults>,
    asked: Mutex<BTreeMap<String, u64>>,
}

/// What is broken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Every request is answered with 503, and watches end.
    pub(crate) is_down: bool,
    /// After so many writes to what is driven, every request is answered with 503.
    pub(crate) writes_left: Option<u32>,
    /// What is asked, such as "patch rebalances/status" or "patch loadrebalances/status with a state", and
    /// the code that it is answered with.
    pub(crate) refusals: Vec<(&'static str, u16)>,
    /// So many writes that name a version meet a change of somebody else.
    pub(crate) conflicts: u32,
    /// Status fields that EMQX's own definition does not know are dropped.
    pub(crate) prunes: bool,
}

impl Api {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(State {
            objects: Mutex::default(),
            changed: watch::channel(0).0,
            faults: Mutex::default(),
            asked: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(routes::answer).with_state(Arc::clone(&state));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { state, url, _tasks: tasks }
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(self.url.parse().unwrap())
    }
}

impl State {
    pub(crate) fn create(&self, key: &Key, object: Value) -> Value {
        let created = self.objects().create(key, object).unwrap();
        self.announce();
        created
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Value> {
        self.objects().get(key).cloned()
    }

    pub(crate) fn list(&self, resource: &str) -> Vec<Value> {
        self.objects().list(resource, None)
    }

    pub(crate) fn patch(&self, key: &Key, patch: &Value) {
        self.objects().patch(key, patch, false, false).unwrap();
        self.announce();
    }

    pub(crate) fn patch_status(&self, key: &Key, patch: &Value) {
        self.objects().patch(key, patch, true, false).unwrap();
        self.announce();
    }

    pub(crate) fn delete(&self, key: &Key) {
        self.objects().delete(key).unwrap();
        self.announce();
    }

    pub(crate) fn break_it(&self, faults: Faults) {
        *self.faults.lock().unwrap() = faults;
        // Watches look whether they are still allowed.
        self.announce();
    }

    pub(crate) fn faults(&self) -> Faults {
        self.faults.lock().unwrap().clone()
    }

    /// Requests so far, by verb and resource; those that met a server that is down, as "refused".
    pub(crate) fn asked(&self) -> BTreeMap<String, u64> {
        self.asked.lock().unwrap().clone()
    }

    /// Changes of the object so far.
    pub(crate) fn changes_of(&self, key: &Key) -> usize {
        self.objects().changes_of(key)
    }

    /// All that was ever written, but for Secrets.
    pub(crate) fn written(&self) -> String {
        let objects = self.objects();
        let changes = objects.changes_since(0).filter(|change| change.resource != "secrets");
        changes.map(|change| change.what.to_string()).collect()
    }

    /// Waits until `look` finds something.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if let Some(found) = look(self) {
                return found;
            }
            changed.changed().await.unwrap();
        }
    }

    /// Waits until somebody wanted to write while the server was down.
    pub(crate) async fn until_refused(&self) {
        self.until(|state| state.asked().contains_key("refused patch").then_some(())).await;
    }

    /// Whether it answers nobody now.
    fn is_down(&self) -> bool {
        let faults = self.faults.lock().unwrap();
        faults.is_down || faults.writes_left == Some(0)
    }

    fn takes_write(&self) {
        let mut faults = self.faults.lock().unwrap();
        faults.writes_left = faults.writes_left.map(|left| left.saturating_sub(1));
    }

    fn takes_conflict(&self) -> bool {
        let mut faults = self.faults.lock().unwrap();
        let has_one = faults.conflicts > 0;
        faults.conflicts = faults.conflicts.saturating_sub(1);
        has_one
    }

    fn count(&self, verb: &str, resource: &str) {
        *self.asked.lock().unwrap().entry(format!("{verb} {resource}")).or_default() += 1;
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    fn announce(&self) {
        let version = self.objects().version();
        self.changed.send_replace(version);
    }
}
