//! Secrets are looked for in all that a program in Rust can print or keep of a cluster and a run.
#![cfg(test)]

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, FileStore, History, Secret, Tls};
use emqx_rebalance_core::driver::{Driver, DriverOptions, OutcomeKind};
use emqx_rebalance_core::{Error, PlanOptions, Strategy};
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig as SimConfig, Credentials, Reconnect};
use emqx_rebalance_testkit::canary::Canaries;

const GENTLE: &str = r#"{"conn_evict_rate":15,"wait_health_check":1,"wait_takeover":1,
    "abs_conn_threshold":10,"rel_conn_threshold":1.01}"#;

async fn embedded(list: &Canaries) -> Embedded {
    let credentials = Credentials {
        api_key: list.api_key.clone(),
        api_secret: list.secret("api_secret").to_owned(),
        username: list.username.clone(),
        password: list.secret("password").to_owned(),
        ..Credentials::default()
    };
    let reconnect = Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() };
    let clients = SimConfig::with_clients(&[300, 300, 300, 0]).unwrap();
    Embedded::start(SimConfig { credentials, reconnect, ..clients }).await.unwrap()
}

/// Every way to say who asks.
fn ways(list: &Canaries) -> [Auth; 2] {
    let (key, username) = (list.api_key.clone(), list.username.clone());
    [
        Auth::ApiKey { key, secret: Secret::new(list.secret("api_secret")) },
        Auth::Login { username, password: Secret::new(list.secret("password")) },
    ]
}

fn shown(error: &Error) -> String {
    format!("{error} {error:?} {}", serde_json::to_string(error).unwrap())
}

#[tokio::test]
async fn a_rebalance_shows_and_keeps_no_secret() {
    let list = Canaries::list();
    for auth in ways(&list) {
        let embedded = embedded(&list).await;
        let config = ClusterConfig { urls: embedded.urls(), auth, ..ClusterConfig::default() };
        list.assert_none_in("the options", format!("{config:?}"));
        let cluster = Cluster::connect(config).await.unwrap();
        let strategy: Strategy = serde_json::from_str(GENTLE).unwrap();
        let plan = cluster.plan(&strategy, &PlanOptions::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = DriverOptions { poll_interval_ms: 100, ..DriverOptions::default() };
        let driver = Driver::new(plan, options, false).unwrap();
        let state = folder.path().join("state");
        let run = cluster.drive(driver, FileStore::new(&state));
        let outcome = run.wait().await.unwrap();
        assert_eq!(outcome.result, OutcomeKind::Completed, "{outcome:?}");
        let history = folder.path().join("history");
        let record = run.record().unwrap();
        History::new(&history).add(&record).unwrap();
        let values = format!("{cluster:?} {run:?} {:?} {record:?} {embedded:?}", run.status());
        list.assert_none_in("what can be printed", values);
        for file in [state, history] {
            list.assert_none_in("a file", std::fs::read(file).unwrap());
        }
    }
}

#[tokio::test]
async fn who_is_refused_is_not_told_by_what() {
    let list = Canaries::list();
    let embedded = Embedded::start(SimConfig::with_clients(&[1, 0]).unwrap()).await.unwrap();
    let token = Auth::Token(Secret::new(list.secret("token")));
    for auth in ways(&list).into_iter().chain([token]) {
        let config = ClusterConfig { urls: embedded.urls(), auth, ..ClusterConfig::default() };
        let error = Cluster::connect(config).await.unwrap_err();
        list.assert_none_in("the error", shown(&error));
        assert_eq!(error.kind().as_str(), "unauthorized", "{error}");
    }
}

#[tokio::test]
async fn a_key_of_a_certificate_that_cannot_be_read_is_not_shown() {
    let list = Canaries::list();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client.key");
    let key = list.secret("client_key");
    for text in [key.to_owned(), format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END")] {
        std::fs::write(&file, text).unwrap();
        for tls in [
            Tls { ca_cert: Some(file.clone()), ..Tls::default() },
            Tls {
                client_cert: Some(file.clone()),
                client_key: Some(file.clone()),
                ..Tls::default()
            },
        ] {
            let config = ClusterConfig { tls, ..ClusterConfig::new("https://127.0.0.1:1") };
            let error = Cluster::connect(config).await.unwrap_err();
            list.assert_none_in("the error", shown(&error));
            assert_eq!(error.kind().as_str(), "config_invalid", "{error}");
        }
    }
}
