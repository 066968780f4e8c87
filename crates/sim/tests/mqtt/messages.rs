//! Messages: who gets them, and what is promised of them.

use crate::cluster::{cluster, port, until};
use crate::raw::{Connect, Raw};
use emqx_rebalance_sim::server::Embedded;

async fn client(cluster: &Embedded, node: usize, version: u8, id: &str) -> Raw {
    Connect::new(version, id, true).welcome(port(cluster, node)).await.0
}

#[tokio::test]
async fn subscribers_on_every_node_get_what_matches_at_the_lower_qos() {
    let cluster = cluster(2).await;
    let mut publisher = client(&cluster, 0, 5, "publisher").await;
    for (version, filter, qos) in [(4, "a/+/c", 1), (5, "a/#", 0), (4, "a/b/c", 2)] {
        let mut subscriber = client(&cluster, 1, version, &format!("s-{filter}")).await;
        assert_eq!(subscriber.subscribe(filter, qos).await, qos);
        publisher.publish_and_wait("a/b/c", "hi").await;
        let received = subscriber.receive().await;
        assert_eq!((received.topic.as_str(), received.payload.as_str()), ("a/b/c", "hi"));
        assert_eq!(received.qos, qos.min(1));
    }
}

#[tokio::test]
async fn an_unsubscribed_filter_brings_nothing_more() {
    let cluster = cluster(1).await;
    let mut raw = client(&cluster, 0, 5, "one").await;
    raw.subscribe("a", 0).await;
    let unsubscribe = [0xa2, 6, 0, 7, 0, 0, 1, b'a'];
    raw.send(&unsubscribe).await;
    assert_eq!(raw.packet().await, [0xb0, 4, 0, 7, 0, 0]);
    raw.send(&unsubscribe).await;
    assert_eq!(raw.packet().await, [0xb0, 4, 0, 7, 0, 0x11], "there was no such subscription");
    raw.publish("a", "unheard", 0).await;
    raw.ping().await;
}

#[tokio::test]
async fn a_message_of_qos_2_comes_once_however_often_it_is_sent() {
    let cluster = cluster(1).await;
    let mut publisher = client(&cluster, 0, 5, "publisher").await;
    let mut subscriber = client(&cluster, 0, 4, "subscriber").await;
    subscriber.subscribe("a", 2).await;
    for _ in 0..2 {
        publisher.send(&publisher.publication("a", "once", 5, 2, false)).await;
        assert_eq!(publisher.packet().await, [0x50, 2, 0, 5]);
    }
    publisher.send(&[0x62, 2, 0, 5]).await;
    assert_eq!(publisher.packet().await, [0x70, 2, 0, 5]);
    let received = subscriber.receive().await;
    assert_eq!((received.payload.as_str(), received.qos), ("once", 2));
    let [high, low] = received.id.to_be_bytes();
    subscriber.send(&[0x50, 2, high, low]).await;
    assert_eq!(subscriber.packet().await, [0x62, 2, high, low]);
    subscriber.send(&[0x70, 2, high, low]).await;
    subscriber.ping().await;
    assert_eq!(cluster.mqtt_owed(), 0);
}

#[tokio::test]
async fn a_retained_message_waits_for_whoever_subscribes_later() {
    let cluster = cluster(2).await;
    let mut publisher = client(&cluster, 0, 4, "publisher").await;
    publisher.send(&publisher.publication("a/b", "old", 1, 1, true)).await;
    publisher.packet().await;
    let mut subscriber = client(&cluster, 1, 5, "subscriber").await;
    subscriber.subscribe("a/+", 1).await;
    let received = subscriber.receive().await;
    assert_eq!((received.payload.as_str(), received.retain), ("old", true));
    publisher.send(&publisher.publication("a/b", "", 1, 1, true)).await;
    publisher.packet().await;
    let mut late = client(&cluster, 1, 5, "late").await;
    late.subscribe("a/+", 1).await;
    late.ping().await;
}

#[tokio::test]
async fn a_will_is_published_for_whoever_goes_without_a_word() {
    let cluster = cluster(2).await;
    let mut subscriber = client(&cluster, 0, 5, "subscriber").await;
    subscriber.subscribe("wills", 0).await;
    for version in [4, 5] {
        let will = Some(("wills", "gone"));
        let connect = Connect { will, ..Connect::new(version, "mortal", true) };
        let (mut polite, _) = connect.welcome(port(&cluster, 1)).await;
        polite.send(&[0xe0, 0]).await;
        polite.rest().await;
        subscriber.ping().await;
        drop(connect.welcome(port(&cluster, 1)).await);
        assert_eq!(subscriber.receive().await.payload, "gone");
    }
}

#[tokio::test]
async fn no_more_than_the_window_is_sent_without_an_acknowledgement() {
    let cluster = cluster(1).await;
    let mut publisher = client(&cluster, 0, 5, "publisher").await;
    let mut subscriber = client(&cluster, 0, 4, "subscriber").await;
    subscriber.subscribe("a", 1).await;
    for number in 0..40 {
        publisher.publish_and_wait("a", &number.to_string()).await;
    }
    for number in 0..32 {
        assert_eq!(subscriber.receive().await.payload, number.to_string());
    }
    subscriber.ping().await;
    assert_eq!(cluster.mqtt_totals().delivered, 32);
    subscriber.acknowledge(1).await;
    assert_eq!(subscriber.receive().await.payload, "32");
}

#[tokio::test]
async fn an_offline_queue_keeps_the_newest_thousand() {
    let cluster = cluster(1).await;
    let connect = Connect::new(4, "away", false);
    let (mut away, _) = connect.welcome(port(&cluster, 0)).await;
    away.subscribe("a", 1).await;
    drop(away);
    until(&cluster, |cluster| crate::cluster::counts(cluster, 0).connected == 0).await;
    let mut publisher = client(&cluster, 0, 5, "publisher").await;
    for number in 0..1010 {
        publisher.publish_and_wait("a", &number.to_string()).await;
    }
    assert_eq!((cluster.mqtt_owed(), cluster.mqtt_totals().dropped), (1000, 10));
    let (mut away, _) = connect.welcome(port(&cluster, 0)).await;
    assert_eq!(away.receive().await.payload, "10");
}

/// As Eclipse Paho's interoperability test does: one publication more than the CONNACK allows.
#[tokio::test]
async fn a_client_that_has_too_much_under_way_is_sent_away() {
    let cluster = cluster(1).await;
    let mut publisher = client(&cluster, 0, 5, "publisher").await;
    for id in 1..=32 {
        publisher.send(&publisher.publication("a", "x", id, 2, false)).await;
        assert_eq!(publisher.packet().await[0], 0x50, "{id}");
    }
    // The same again is no further one, and one that is released makes room.
    publisher.send(&publisher.publication("a", "x", 32, 2, false)).await;
    assert_eq!(publisher.packet().await[0], 0x50);
    publisher.send(&[0x62, 2, 0, 1]).await;
    assert_eq!(publisher.packet().await, [0x70, 2, 0, 1]);
    publisher.send(&publisher.publication("a", "x", 33, 2, false)).await;
    assert_eq!(publisher.packet().await[0], 0x50);
    publisher.send(&publisher.publication("a", "x", 34, 2, false)).await;
    assert_eq!(publisher.packet().await, [0xe0, 2, 0x93, 0]);
    assert_eq!(publisher.rest().await, crate::raw::NOTHING);
}

#[tokio::test]
async fn who_never_releases_is_sent_away_in_mqtt_3_too() {
    let cluster = cluster(1).await;
    let mut publisher = client(&cluster, 0, 4, "publisher").await;
    for id in 1..=100 {
        publisher.send(&publisher.publication("a", "x", id, 2, false)).await;
        assert_eq!(publisher.packet().await[0], 0x50, "{id}");
    }
    publisher.send(&publisher.publication("a", "x", 101, 2, false)).await;
    assert_eq!(publisher.rest().await, crate::raw::NOTHING);
}

#[tokio::test]
async fn a_shared_subscription_without_own_messages_contradicts_itself() {
    let cluster = cluster(1).await;
    let mut raw = client(&cluster, 0, 5, "one").await;
    let filter = b"$share/g/a";
    let mut body = vec![0, 9, 0, 0, 10];
    body.extend(filter);
    body.push(0b100);
    raw.send(&crate::raw::packet(0x82, &body)).await;
    assert_eq!(raw.packet().await, [0xe0, 2, 0x82, 0]);
}
