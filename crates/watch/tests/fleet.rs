//! A watch over embedded clusters, over real HTTP: it acts, remembers, and keeps its hands off what it must not touch.
#![cfg(test)]

use emqx_rebalance_core::driver::{OutcomeKind, Record};
use emqx_rebalance_core::policy::{Decision, Reason};
use emqx_rebalance_exchange::Outside;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Reconnect};
use emqx_rebalance_watch::{Fleet, News, Store, Watch};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Secrets by the names that the file refers to them by.
struct Secrets(BTreeMap<String, String>);

impl Outside for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn secret(&self, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}

async fn embedded(clients: &[u64]) -> Embedded {
    let reconnect = Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() };
    Embedded::start(ClusterConfig { reconnect, ..ClusterConfig::with_clients(clients).unwrap() })
        .await
        .unwrap()
}

/// The file of a fleet, and the secrets that it refers to.
struct Scene {
    folder: TempDir,
    text: String,
    secrets: Secrets,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("store: {}\nclusters:\n", folder.path().join("fleet.db").display());
        Self { folder, text, secrets: Secrets(BTreeMap::new()) }
    }

    /// Adds a cluster that is asked by way of its node `via`.
    fn with(mut self, name: &str, cluster: &Embedded, via: usize, mode: &str, rate: u32) -> Self {
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

    fn store(&self) -> PathBuf {
        self.folder.path().join("fleet.db")
    }

    async fn watch(&self) -> Watch {
        let fleet = Fleet::read(&self.text, &self.secrets)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.text));
        Watch::begin(fleet).await.unwrap()
    }
}

/// The next decision of `cluster` for `reason`.
async fn decided(watch: &mut Watch, cluster: &str, reason: Reason) -> Decision {
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

async fn ended(watch: &mut Watch) -> Record {
    loop {
        match watch.next().await {
            Some(News::Ended { record, .. }) => return *record,
            Some(_) => {}
            None => panic!("nothing ended"),
        }
    }
}

async fn history(path: &Path) -> Vec<(String, Record)> {
    Store::look_into(path).await.unwrap().history(None, 10).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uneven_cluster_is_levelled_and_all_of_it_is_remembered() {
    let cluster = embedded(&[300, 300, 300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "auto", 100);
    let mut watch = scene.watch().await;
    let started = decided(&mut watch, "eu", Reason::Started).await;
    assert!(started.detail.contains("instead of 33.3 %"), "{}", started.detail);
    let record = ended(&mut watch).await;
    assert_eq!(record.outcome.result, OutcomeKind::Completed, "{}", record.outcome.detail);
    assert_eq!(record.purpose.who.as_deref(), Some("policy"));
    decided(&mut watch, "eu", Reason::Balanced).await;
    watch.end().await;
    let kept = history(&scene.store()).await;
    assert_eq!(kept, [("eu".to_owned(), record)]);
    let store = Store::look_into(&scene.store()).await.unwrap();
    let decisions = store.decisions(Some("eu"), 100).await.unwrap();
    let reasons: Vec<Reason> =
        decisions.iter().rev().map(|(_, decision)| decision.reason).collect();
    let begin = [Reason::Started, Reason::Running, Reason::Ended];
    assert!(
        reasons.starts_with(&begin) || reasons.starts_with(&[Reason::Started, Reason::Ended]),
        "{reasons:?}"
    );
    assert!(store.run_on("eu").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_observes_starts_nothing() {
    let cluster = embedded(&[300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100);
    let mut watch = scene.watch().await;
    let would = decided(&mut watch, "eu", Reason::WouldStart).await;
    assert!(would.plan.is_some_and(|figures| figures.disconnects >= 150), "{would:?}");
    decided(&mut watch, "eu", Reason::CoolDown).await;
    watch.end().await;
    assert!(history(&scene.store()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_watch_goes_on_where_the_last_one_ended() {
    let cluster = embedded(&[300, 300, 300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "auto", 10);
    let mut watch = scene.watch().await;
    decided(&mut watch, "eu", Reason::Started).await;
    decided(&mut watch, "eu", Reason::Running).await;
    watch.end().await;
    let on = Store::look_into(&scene.store()).await.unwrap().run_on("eu").await.unwrap();
    assert!(on.is_some(), "EMQX goes on with it");
    let mut watch = scene.watch().await;
    let record = ended(&mut watch).await;
    assert_eq!(record.outcome.result, OutcomeKind::Completed, "{}", record.outcome.detail);
    watch.end().await;
    assert_eq!(history(&scene.store()).await.len(), 1, "it was started once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_hangs_delays_no_other() {
    let cluster = embedded(&[300, 0]).await;
    // It takes connections and never answers.
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut scene = Scene::new().with("eu", &cluster, 0, "observe", 100);
    scene.text.push_str(&format!(
        "  - {{name: hung, url: 'http://{}', request_timeout_s: 1}}\n",
        hung.local_addr().unwrap()
    ));
    let mut watch = scene.watch().await;
    decided(&mut watch, "eu", Reason::WouldStart).await;
    let unread = decided(&mut watch, "hung", Reason::Unread).await;
    assert!(unread.detail.contains("no answer"), "{}", unread.detail);
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cluster_by_two_urls_is_looked_after_once() {
    let cluster = embedded(&[300, 0]).await;
    let scene =
        Scene::new().with("a", &cluster, 0, "observe", 100).with("b", &cluster, 1, "observe", 100);
    let mut watch = scene.watch().await;
    let (mut refused, mut acted) = (Vec::new(), Vec::new());
    while refused.is_empty() || acted.is_empty() {
        let Some(News::Decided { cluster, decision }) = watch.next().await else { continue };
        match decision.reason {
            Reason::Unread => refused.push((cluster, decision.detail)),
            _ => acted.push(cluster),
        }
    }
    watch.end().await;
    let [(name, why)] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(why.contains("has a node emqx1@127.0.0.1, too"), "{why}");
    assert!(!acted.contains(name), "{acted:?}");
}
