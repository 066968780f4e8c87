//! Embedded clusters, the file of a fleet of them, and what its watch tells.

use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::policy::{Decision, Reason};
use emqx_rebalance_exchange::Outside;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Reconnect};
use emqx_rebalance_watch::{Fleet, News, Store, Watch};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const VIEWER: &str = "canary6-viewers-own-token";
pub(crate) const APPROVER: &str = "canary7-approvers-own-token";

/// Secrets by the names that the file refers to them by.
pub(crate) struct Secrets(pub(crate) BTreeMap<String, String>);

impl Outside for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn secret(&self, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}

pub(crate) async fn embedded(clients: &[u64]) -> Embedded {
    let reconnect = Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() };
    Embedded::start(ClusterConfig { reconnect, ..ClusterConfig::with_clients(clients).unwrap() })
        .await
        .unwrap()
}

/// The file of a fleet, and the secrets that it refers to.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) text: String,
    pub(crate) secrets: Secrets,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("store: {}\nclusters:\n", folder.path().join("fleet.db").display());
        Self { folder, text, secrets: Secrets(BTreeMap::new()) }
    }

    /// Has it listen, and two people may ask.
    pub(crate) fn served(mut self) -> Self {
        for (name, token) in [("VIEW", VIEWER), ("APPROVE", APPROVER)] {
            self.secrets.0.insert(name.to_owned(), token.to_owned());
        }
        let tokens = "tokens:\n  - {name: vera, token_env: VIEW}\n  - {name: ann, role: approver, token_env: APPROVE}\n";
        self.text = format!("listen: 127.0.0.1:0\n{tokens}{}", self.text);
        self
    }

    /// Adds a cluster that is asked by way of its node `via`.
    pub(crate) fn with(
        mut self,
        name: &str,
        cluster: &Embedded,
        via: usize,
        mode: &str,
        rate: u32,
    ) -> Self {
        let (url, key) = (cluster.urls()[via].clone(), cluster.api_key());
        self.secrets.0.insert(name.to_uppercase(), cluster.api_secret());
        self.text.push_str(&format!(
            "  - name: {name}\n    url: {url}\n    api_key: {key}\n    api_secret_env: {secret}\n    poll_interval_s: 1\n    \
             policy: {{mode: {mode}, imbalance_for_s: 0, node_settle_s: 0}}\n    \
             plan: {{conn_evict_rate: {rate}, wait_health_check: 1, wait_takeover: 1, pilot: 'off', load_balancer: round_robin}}\n    \
             driver: {{poll_interval_ms: 200, settle_s: 10}}\n",
            secret = name.to_uppercase(),
        ));
        self
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("fleet.db")
    }

    pub(crate) async fn watch(&self) -> Watch {
        let fleet = Fleet::read(&self.text, &self.secrets)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.text));
        Watch::begin(fleet).await.unwrap()
    }
}

/// The next decision of `cluster` for `reason`.
pub(crate) async fn decided(watch: &mut Watch, cluster: &str, reason: Reason) -> Decision {
    let mut seen = Vec::new();
    loop {
        match watch.next().await {
            Some(News::Decided { cluster: of, decision })
                if of == cluster && decision.reason == reason =>
            {
                return *decision;
            }
            Some(news) => seen.push(news),
            None => panic!("{reason:?} was not decided: {seen:#?}"),
        }
    }
}

pub(crate) async fn ended(watch: &mut Watch) -> Record {
    loop {
        match watch.next().await {
            Some(News::Ended { record, .. }) => return *record,
            Some(_) => {}
            None => panic!("nothing ended"),
        }
    }
}

pub(crate) async fn history(path: &Path) -> Vec<(String, Record)> {
    Store::look_into(path).await.unwrap().history(None, 10).await.unwrap()
}
