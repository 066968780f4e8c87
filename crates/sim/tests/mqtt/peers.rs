//! An independent client: rumqttc, of MQTT 3.1.1 and 5.

use crate::cluster::{cluster, counts, port, rebalance, until};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS, v5};
use std::net::SocketAddr;

fn v3_client(address: SocketAddr, id: &str) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
    options.set_clean_session(false);
    AsyncClient::new(options, 10)
}

fn v5_client(address: SocketAddr, id: &str) -> (v5::AsyncClient, v5::EventLoop) {
    let mut options = v5::MqttOptions::new(id, address.ip().to_string(), address.port());
    options.set_clean_start(false);
    let mut properties = v5::mqttbytes::v5::ConnectProperties::new();
    properties.session_expiry_interval = Some(3600);
    options.set_connect_properties(properties);
    v5::AsyncClient::new(options, 10)
}

async fn incoming(events: &mut EventLoop, wish: impl Fn(&Packet) -> bool) -> Packet {
    loop {
        match events.poll().await.unwrap() {
            Event::Incoming(packet) if wish(&packet) => return packet,
            _ => {}
        }
    }
}

async fn incoming_v5(
    events: &mut v5::EventLoop,
    wish: impl Fn(&v5::mqttbytes::v5::Packet) -> bool,
) -> v5::mqttbytes::v5::Packet {
    loop {
        match events.poll().await.unwrap() {
            v5::Event::Incoming(packet) if wish(&packet) => return packet,
            _ => {}
        }
    }
}

#[tokio::test]
async fn both_versions_exchange_messages_between_nodes() {
    use v5::mqttbytes::v5::Packet as Packet5;
    let cluster = cluster(2).await;
    let (old, mut old_events) = v3_client(port(&cluster, 0), "old");
    let (new, mut new_events) = v5_client(port(&cluster, 1), "new");
    old.subscribe("to/old", QoS::AtLeastOnce).await.unwrap();
    incoming(&mut old_events, |packet| matches!(packet, Packet::SubAck(_))).await;
    new.subscribe("to/+", v5::mqttbytes::QoS::ExactlyOnce).await.unwrap();
    incoming_v5(&mut new_events, |packet| matches!(packet, Packet5::SubAck(_))).await;
    old.publish("to/new", QoS::ExactlyOnce, false, "hello").await.unwrap();
    incoming(&mut old_events, |packet| matches!(packet, Packet::PubComp(_))).await;
    let hello = incoming_v5(&mut new_events, |packet| matches!(packet, Packet5::Publish(_))).await;
    assert!(matches!(hello, Packet5::Publish(publish) if &publish.payload[..] == b"hello"));
    new.publish("to/old", v5::mqttbytes::QoS::AtLeastOnce, false, "hi").await.unwrap();
    incoming_v5(&mut new_events, |packet| matches!(packet, Packet5::PubAck(_))).await;
    let hi = incoming(&mut old_events, |packet| matches!(packet, Packet::Publish(_))).await;
    assert!(matches!(hi, Packet::Publish(publish) if &publish.payload[..] == b"hi"));
}

#[tokio::test]
async fn a_client_that_is_taken_over_notices() {
    let cluster = cluster(2).await;
    let (_old, mut events) = v5_client(port(&cluster, 0), "twin");
    incoming_v5(&mut events, |p| matches!(p, v5::mqttbytes::v5::Packet::ConnAck(_))).await;
    let (_new, mut new_events) = v5_client(port(&cluster, 1), "twin");
    let answer =
        incoming_v5(&mut new_events, |p| matches!(p, v5::mqttbytes::v5::Packet::ConnAck(_))).await;
    let v5::mqttbytes::v5::Packet::ConnAck(answer) = answer else { panic!("a CONNACK") };
    assert!(answer.session_present);
    let error = loop {
        match events.poll().await {
            Ok(_) => {}
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("SessionTakenOver"), "{error}");
}

#[tokio::test]
async fn an_evicted_client_finds_its_session_on_another_node() {
    let cluster = cluster(2).await;
    let (_client, mut events) = v3_client(port(&cluster, 0), "evicted");
    let (_other, mut other) = v3_client(port(&cluster, 0), "other");
    for events in [&mut events, &mut other] {
        incoming(events, |packet| matches!(packet, Packet::ConnAck(_))).await;
    }
    rebalance(&cluster, 2, (0, 5));
    while events.poll().await.is_ok() {}
    until(&cluster, |cluster| counts(cluster, 0).connected == 0).await;
    assert!(events.poll().await.is_err(), "the donor refuses");
    let (_client, mut events) = v3_client(port(&cluster, 1), "evicted");
    let answer = incoming(&mut events, |packet| matches!(packet, Packet::ConnAck(_))).await;
    assert!(matches!(answer, Packet::ConnAck(answer) if answer.session_present));
}
