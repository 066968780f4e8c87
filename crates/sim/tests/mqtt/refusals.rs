//! Nodes that send clients away, against the recordings of real ones.

use crate::cluster::{ask, cluster_like, counts, port, rebalance, state, until};
use crate::raw::{Connect, NOTHING, Raw};
use emqx_rebalance_sim::Release;
use emqx_rebalance_sim::server::Embedded;
use http::Method;
use serde_json::{Value, json};

/// The recorded probes whose note begins with `note`.
fn recorded(file: &str, note: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/contract/{file}", env!("CARGO_MANIFEST_DIR"));
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let fits = |probe: &Value| probe["note"].as_str().unwrap().starts_with(note);
    let fitting: Vec<Value> = all.into_iter().filter(fits).collect();
    assert!(!fitting.is_empty(), "no probe called {note:?} in {file}");
    fitting
}

/// Does what was done at the recording, and compares what came back.
async fn replay(cluster: &Embedded, probe: &Value, crowd: u64) {
    let field = |name: &str| probe[name].as_u64().unwrap();
    let node = probe.get("port").map_or(0, |_| usize::try_from(field("port") - 1884).unwrap());
    let version = u8::try_from(field("v")).unwrap();
    let clean = probe.get("clean").is_none_or(|clean| clean.as_bool().unwrap());
    let connect = Connect::new(version, &format!("probe-{version}-{clean}"), clean);
    let (mut raw, answer) = connect.to(port(cluster, node)).await;
    let mut seen = vec![json!(answer.iter().map(|b| format!("{b:02x}")).collect::<String>())];
    let expected = probe.get("hex").or_else(|| probe.get("packets_hex")).unwrap();
    if expected.as_array().unwrap().len() > 1 {
        assert_eq!(raw.rest().await, NOTHING, "{probe}");
        seen.push(json!("EOF"));
    }
    assert_eq!(json!(seen), *expected, "{probe}");
    drop(raw);
    // A session is there for the next probe once its connection is known to be gone.
    until(cluster, |cluster| counts(cluster, node).connected <= crowd * u64::from(node == 0)).await;
}

async fn replay_all(cluster: &Embedded, file: &str, note: &str, crowd: u64) {
    for probe in recorded(file, note) {
        replay(cluster, &probe, crowd).await;
    }
}

/// `count` clients on node 0 that stay.
async fn crowd(cluster: &Embedded, count: usize) -> Vec<Raw> {
    let mut crowd = Vec::new();
    for i in 0..count {
        let version = if i % 2 == 0 { 5 } else { 4 };
        let connect = Connect::new(version, &format!("crowd-{i}"), true);
        crowd.push(connect.welcome(port(cluster, 0)).await.0);
    }
    crowd
}

#[tokio::test]
async fn donors_of_5_3_refuse_from_the_start_of_a_rebalance_to_its_end() {
    let file = "5.3.2/08_mqtt_probes_rebalance.json";
    let cluster = cluster_like(2, Release::V5_3).await;
    let crowd = crowd(&cluster, 10).await;
    replay_all(&cluster, file, "idle", 10).await;
    rebalance(&cluster, 1, (60, 0));
    replay_all(&cluster, file, "wait_health_check", 10).await;
    assert_eq!(state(&cluster).as_deref(), Some("wait_health_check"));
    ask(&cluster, Method::POST, "load_rebalance/emqx1@127.0.0.1/stop", &Value::Null);
    replay_all(&cluster, file, "after end", 10).await;
    assert_eq!(cluster.mqtt_totals().refused, 2);
    drop(crowd);
}

#[tokio::test]
async fn donors_evict_in_the_bytes_of_each_version_and_refuse() {
    let cluster = cluster_like(2, Release::V5_3).await;
    let mut crowd = crowd(&cluster, 10).await;
    rebalance(&cluster, 10, (0, 0));
    for (i, raw) in crowd.iter_mut().enumerate() {
        let expected: &[u8] = if i % 2 == 0 { &[0xe0, 2, 0x9c, 0] } else { &[] };
        assert_eq!(raw.rest().await, expected, "client {i}");
    }
    assert_eq!(cluster.with(|simulation| simulation.cluster.totals().evicted), 10);
    cluster.stop().await;
}

#[tokio::test]
async fn donors_of_5_8_take_clients_until_they_evict() {
    let cluster = cluster_like(2, Release::V5_8).await;
    let crowd = crowd(&cluster, 10).await;
    rebalance(&cluster, 1, (5, 0));
    replay_all(&cluster, "5.8.8/03_mqtt_probes.json", "wait_health_check", 10).await;
    until(&cluster, |cluster| state(cluster).as_deref() == Some("evicting_conns")).await;
    for (version, refusal) in [(5, vec![0x20, 3, 0, 0x9c, 0]), (4, vec![0x20, 2, 0, 3])] {
        let (mut raw, answer) = Connect::new(version, "late", true).to(port(&cluster, 0)).await;
        assert_eq!(answer, refusal);
        assert_eq!(raw.rest().await, NOTHING);
    }
    drop(crowd);
}

#[tokio::test]
async fn an_evacuated_node_refuses_every_version_until_the_stop_and_keeps_sessions() {
    let file = "5.3.2/05_mqtt_probes.json";
    let cluster = cluster_like(2, Release::V5_3).await;
    replay_all(&cluster, file, "before evacuation", 0).await;
    let options = json!({"conn_evict_rate": 1, "sess_evict_rate": 10, "wait_health_check": "5s",
        "wait_takeover": "5s"});
    let path = "load_rebalance/emqx1@127.0.0.1/evacuation";
    ask(&cluster, Method::POST, &format!("{path}/start"), &options);
    replay_all(&cluster, file, "waiting_health_check", 0).await;
    let is = |cluster: &Embedded, state: &str| {
        let status = ask(cluster, Method::GET, "load_rebalance/status", &Value::Null);
        status["state"] == state
    };
    until(&cluster, |cluster| is(cluster, "waiting_takeover")).await;
    replay_all(&cluster, file, "evicting_conns", 0).await;
    until(&cluster, |cluster| is(cluster, "prohibiting")).await;
    replay_all(&cluster, file, "prohibiting", 0).await;
    ask(&cluster, Method::POST, &format!("{path}/stop"), &Value::Null);
    replay_all(&cluster, file, "after stop", 0).await;
}
