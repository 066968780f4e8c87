//! A watch over embedded clusters, over real HTTP: it acts, remembers, and keeps its hands off what it must not touch.
#![cfg(test)]

mod scene;
mod served;

use emqx_rebalance_core::driver::OutcomeKind;
use emqx_rebalance_core::policy::Reason;
use emqx_rebalance_watch::{News, Store};
use scene::{Scene, decided, embedded, ended, history};
use std::net::TcpListener;

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
