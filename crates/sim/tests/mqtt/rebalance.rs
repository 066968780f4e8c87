//! Whole rebalances, with clients that come back.

use crate::cluster::{ask, cluster, counts, port, rebalance, state, until};
use crate::raw::{Connect, NOTHING, Raw};
use emqx_rebalance_sim::server::Embedded;
use http::Method;
use serde_json::Value;

/// A client that is wherever it is let in, starting at node 0, until the test ends.
fn stay(cluster: &Embedded, id: String, version: u8) {
    let addresses = cluster.mqtt_addresses().to_vec();
    tokio::spawn(async move {
        for address in addresses.iter().cycle() {
            let (mut raw, answer) = Connect::new(version, &id, false).to(*address).await;
            if answer.get(3) == Some(&0) {
                raw.rest().await;
            }
        }
    });
}

#[tokio::test]
async fn a_subscriber_offline_through_a_rebalance_gets_every_message_in_order() {
    let cluster = cluster(2).await;
    let subscriber = Connect::new(5, "offline", false);
    let (mut raw, _) = subscriber.welcome(port(&cluster, 0)).await;
    raw.subscribe("news/+", 1).await;
    raw.send(&[0xe0, 0]).await;
    raw.rest().await;
    let (mut other, _) = Connect::new(4, "also-offline", false).welcome(port(&cluster, 0)).await;
    other.send(&[0xe0, 0]).await;
    other.rest().await;
    for i in 0..20 {
        stay(&cluster, format!("client-{i}"), if i % 2 == 0 { 4 } else { 5 });
    }
    until(&cluster, |cluster| counts(cluster, 0).connected == 20).await;
    let (mut publisher, _) = Connect::new(5, "publisher", true).welcome(port(&cluster, 1)).await;
    publisher.publish_and_wait("news/a", "0").await;
    rebalance(&cluster, 5, (0, 2));
    let mut published = 1;
    while state(&cluster).is_some() {
        publisher.publish_and_wait("news/a", &published.to_string()).await;
        published += 1;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // Two sessions were away on the donor: averages 2 and 0, so one round moves both.
    assert_eq!(counts(&cluster, 0).disconnected_sessions, 0);
    assert_eq!(cluster.with(|simulation| simulation.cluster.totals().sessions_moved), 2);
    let (mut raw, present) = subscriber.welcome(port(&cluster, 0)).await;
    assert!(present);
    for number in 0..published {
        let received = raw.receive().await;
        assert_eq!((received.payload, received.dup), (number.to_string(), false));
        raw.acknowledge(received.id).await;
    }
    raw.ping().await;
    assert_eq!((cluster.mqtt_owed(), cluster.mqtt_totals().dropped), (0, 0));
}

#[tokio::test]
async fn nodes_shows_what_is_connected_and_what_is_away() {
    let cluster = cluster(2).await;
    let shown = |cluster: &Embedded| {
        let nodes = ask(cluster, Method::GET, "nodes", &Value::Null);
        (nodes[0]["live_connections"].clone(), nodes[0]["connections"].clone())
    };
    let (kept, _) = Connect::new(5, "kept", false).welcome(port(&cluster, 0)).await;
    let (_here, _) = Connect::new(4, "here", true).welcome(port(&cluster, 0)).await;
    assert_eq!(shown(&cluster), (2.into(), 2.into()));
    drop(kept);
    until(&cluster, |cluster| shown(cluster) == (1.into(), 2.into())).await;
}

#[tokio::test]
async fn evicted_clients_keep_their_session_and_their_messages() {
    let cluster = cluster(2).await;
    let connect = Connect::new(5, "moved", false);
    let (mut raw, _) = connect.welcome(port(&cluster, 0)).await;
    raw.subscribe("a", 1).await;
    let (mut filler, _): (Raw, bool) =
        Connect::new(4, "filler", false).welcome(port(&cluster, 0)).await;
    rebalance(&cluster, 5, (0, 5));
    assert_eq!(raw.rest().await, [0xe0, 2, 0x9c, 0]);
    assert_eq!(filler.rest().await, NOTHING);
    assert_eq!(counts(&cluster, 0).disconnected_sessions, 2);
    let (mut publisher, _) = Connect::new(5, "publisher", true).welcome(port(&cluster, 1)).await;
    publisher.publish_and_wait("a", "while away").await;
    let (mut raw, present) = connect.welcome(port(&cluster, 1)).await;
    assert!(present);
    assert_eq!(raw.receive().await.payload, "while away");
    assert_eq!(counts(&cluster, 0).disconnected_sessions, 1);
}

#[tokio::test]
async fn counted_clients_and_real_ones_do_not_mix() {
    use emqx_rebalance_sim::server::{MqttOptions, ServerOptions};
    use emqx_rebalance_sim::{ClusterConfig, Drift};
    let mqtt = Some(MqttOptions::default());
    let options = ServerOptions { mqtt, ..ServerOptions::default() };
    let mut config = ClusterConfig::with_clients(&[0, 7]).unwrap();
    config.drift = Drift { arrivals_per_s: 1.5, ..Drift::default() };
    let error = Embedded::start_on(config, options).await.unwrap_err();
    let fields: Vec<&str> = error.problems().iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["nodes[1].clients", "drift.arrivals_per_s"], "{error}");
}
