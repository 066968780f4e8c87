//! What a swarm makes of a broker that refuses, evicts, loses and repeats.
#![cfg(test)]

mod broker;

use broker::{ACCEPTED, Broker, EVICTED, REFUSED_V3, REFUSED_V5, RESUMED, config};
use emqx_rebalance_core::ReconnectProfile;
use emqx_rebalance_swarm::{Placement, Reconnect, Swarm, SwarmConfig};

#[tokio::test]
async fn an_evicted_client_comes_back_through_refusals_and_keeps_its_session() {
    let broker = Broker::listen().await;
    let swarm = Swarm::start(config(broker.address(), 1)).await.unwrap();
    let (mut peer, connect) = broker.accept().await;
    assert_eq!(connect[8], 5, "MQTT 5");
    assert_eq!(connect[9] & 2, 0, "no clean start");
    peer.say(&ACCEPTED).await;
    swarm.until(|report| report.connected == 1).await;
    peer.say(&EVICTED).await;
    drop(peer);
    let (mut peer, _) = broker.accept().await;
    peer.say(&REFUSED_V5).await;
    drop(peer);
    let (peer, _) = broker.accept().await;
    drop(peer);
    let (mut peer, _) = broker.accept().await;
    peer.say(&RESUMED).await;
    let report = swarm.until(|report| report.reconnects.count == 1).await;
    assert_eq!(report.connects.refused["v5_0x9c"], 1);
    assert_eq!(report.connects.failed["closed"], 1);
    assert_eq!(report.connects.accepted, 2);
    assert_eq!(report.disconnects["v5_0x9c"], 1);
    assert_eq!((report.sessions.persistent, report.sessions.kept, report.sessions.lost), (1, 1, 0));
    assert!(report.reconnects.ms.unwrap().max > 0 && report.all_connected_ms.is_some());
    let ended = tokio::spawn(swarm.stop());
    assert_eq!(peer.hear().await, [0xE0, 0], "it says goodbye");
    let last = ended.await.unwrap();
    assert!(last.is_final && last.connected == 1);
}

#[tokio::test]
async fn clients_come_back_by_their_profile_or_stay_away() {
    let broker = Broker::listen().await;
    let profile = ReconnectProfile::new(&[(0.1, 0.0), (0.3, 0.5)]).unwrap();
    let mut config =
        SwarmConfig { publish_rate: 100.0, drain_ms: 1, ..config(broker.address(), 200) };
    config.reconnect.profile = Some(profile);
    let swarm = Swarm::start(config).await.unwrap();
    let mut peers = Vec::new();
    for _ in 0..200 {
        peers.push(broker.welcome(&ACCEPTED).await);
    }
    drop(peers);
    let coming = async {
        let mut back = Vec::new();
        loop {
            back.push(broker.welcome(&RESUMED).await);
        }
    };
    let report = tokio::select! {
        report = swarm.until(|report| report.reconnects.count + report.reconnects.stayed_away == 200) => report,
        () = coming => unreachable!("somebody may always come"),
    };
    // Six standard deviations to either side of half of them.
    assert!((58..=142).contains(&report.reconnects.stayed_away), "{:?}", report.reconnects);
    let ms = report.reconnects.ms.unwrap();
    assert!(ms.p50 >= 100 && ms.max >= 200, "{ms:?}");
    assert_eq!(report.connects.accepted, 200 + report.reconnects.count);
}

#[tokio::test]
async fn an_mqtt_3_client_is_told_apart_and_a_forgotten_session_is_lost() {
    let broker = Broker::listen().await;
    let config = SwarmConfig { v5: 0.0, ..config(broker.address(), 1) };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut peer, connect) = broker.accept().await;
    assert_eq!(connect[8], 4, "MQTT 3.1.1");
    peer.say(&REFUSED_V3).await;
    drop(peer);
    let (mut peer, _) = broker.accept().await;
    peer.say(&[0x20, 2, 0, 0]).await;
    swarm.until(|report| report.connected == 1).await;
    drop(peer);
    let (mut peer, _) = broker.accept().await;
    peer.say(&[0x20, 2, 0, 0]).await;
    let report = swarm.until(|report| report.reconnects.count == 1).await;
    assert_eq!(report.connects.refused["v3_3"], 1);
    assert_eq!(report.disconnects["closed"], 1);
    assert_eq!((report.sessions.kept, report.sessions.lost), (0, 1));
}

/// The PUBLISH of `number` to the subscriber of the only pair.
fn message(number: u32, id: u8) -> Vec<u8> {
    let mut packet = vec![0x32, 0, 0, 7];
    packet.extend(b"swarm/0");
    packet.extend([0, id, 0]);
    packet.extend(format!("{number} ").as_bytes());
    packet[1] = u8::try_from(packet.len() - 2).unwrap();
    packet
}

#[tokio::test]
async fn lost_repeated_and_disordered_messages_are_counted() {
    let broker = Broker::listen().await;
    let config = SwarmConfig {
        publish_rate: 200.0,
        drain_ms: 1,
        connecting_at_once: 1,
        ..config(broker.address(), 2)
    };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut publisher, _) = broker.accept().await;
    publisher.say(&ACCEPTED).await;
    let (mut subscriber, _) = broker.accept().await;
    subscriber.say(&ACCEPTED).await;
    assert_eq!(subscriber.hear().await[0], 0x82, "SUBSCRIBE");
    subscriber.say(&[0x90, 4, 0, 1, 0, 1]).await;
    for number in 1..=4u8 {
        let packet = publisher.hear().await;
        assert_eq!((packet[0], packet[12]), (0x32, number + 1), "QoS 1, with its packet id");
        publisher.say(&[0x40, 2, 0, number + 1]).await;
    }
    for (id, number) in [(1, 1), (2, 3), (3, 2), (4, 3)] {
        subscriber.say(&message(number, id)).await;
        assert_eq!(subscriber.hear().await, [0x40, 2, 0, id], "PUBACK");
    }
    let acknowledged = |report: &emqx_rebalance_swarm::Report| report.messages.acknowledged == 4;
    swarm.until(acknowledged).await;
    let last = swarm.stop().await.messages;
    assert_eq!((last.received, last.duplicated, last.out_of_order), (3, 1, 1));
    assert_eq!((last.missing, last.missed, last.foreign), (1, 0, 0));
}

#[tokio::test]
async fn a_message_on_its_way_is_sent_again_after_a_reconnect() {
    let broker = Broker::listen().await;
    let config = SwarmConfig {
        publish_rate: 200.0,
        drain_ms: 1,
        connecting_at_once: 1,
        ..config(broker.address(), 2)
    };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut publisher, _) = broker.accept().await;
    publisher.say(&ACCEPTED).await;
    let (mut subscriber, _) = broker.accept().await;
    subscriber.say(&RESUMED).await;
    let first = publisher.hear().await;
    drop(publisher);
    let (mut publisher, _) = broker.accept().await;
    publisher.say(&RESUMED).await;
    let again = publisher.hear().await;
    assert_eq!(again[0], first[0] | 8, "with DUP");
    assert_eq!(again[1..], first[1..]);
    assert_eq!(swarm.report().messages.sent, 1);
}

#[tokio::test]
async fn a_broker_that_does_not_answer_pings_is_left() {
    let broker = Broker::listen().await;
    let config = SwarmConfig { keep_alive_s: 2, ..config(broker.address(), 1) };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut peer, _) = broker.accept().await;
    peer.say(&ACCEPTED).await;
    assert_eq!(peer.hear().await, [0xC0, 0]);
    peer.say(&[0xD0, 0]).await;
    assert_eq!(peer.hear().await, [0xC0, 0]);
    let report = swarm.until(|report| report.connected == 0).await;
    assert_eq!(report.disconnects["no_ping_response"], 1);
    peer.closed().await;
}

#[tokio::test]
async fn garbage_is_malformed_and_a_silent_broker_times_out() {
    let broker = Broker::listen().await;
    let config = SwarmConfig { connect_timeout_ms: 2000, ..config(broker.address(), 1) };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut peer, _) = broker.accept().await;
    peer.say(&[0, 0]).await;
    let (silent, _) = broker.accept().await;
    let report = swarm.until(|report| report.connects.failed.contains_key("timed_out")).await;
    assert_eq!(report.connects.failed["malformed"], 1);
    silent.closed().await;
}

#[tokio::test]
async fn first_connections_go_where_they_are_placed_and_later_ones_to_the_targets() {
    let (node, balancer) = (Broker::listen().await, Broker::listen().await);
    let place = Placement { target: node.address().to_string(), clients: 1 };
    let config = SwarmConfig { placement: vec![place], ..config(balancer.address(), 2) };
    let swarm = Swarm::start(config).await.unwrap();
    let (mut placed, connect) = node.accept().await;
    assert!(connect.ends_with(b"swarm-0"));
    placed.say(&ACCEPTED).await;
    let (_other, connect) = balancer.accept().await;
    assert!(connect.ends_with(b"swarm-1"));
    swarm.until(|report| report.connected == 1).await;
    drop(placed);
    let (_back, connect) = balancer.accept().await;
    assert!(connect.ends_with(b"swarm-0"));
}

#[tokio::test]
async fn dropping_a_swarm_closes_its_connections() {
    let broker = Broker::listen().await;
    let reconnect = Reconnect { delay_ms: 3_600_000, ..Reconnect::default() };
    let config = SwarmConfig { reconnect, ..config(broker.address(), 1) };
    let swarm = Swarm::start(config).await.unwrap();
    let (peer, _) = broker.accept().await;
    drop(swarm);
    peer.closed().await;
}

#[tokio::test]
async fn names_without_an_address_and_too_many_clients_are_errors() {
    let nowhere = SwarmConfig { targets: vec!["nowhere".to_owned()], ..SwarmConfig::default() };
    let error = Swarm::start(nowhere).await.unwrap_err();
    assert_eq!(error.kind().as_str(), "unreachable");
    let none = SwarmConfig { clients: 0, ..SwarmConfig::default() };
    assert_eq!(Swarm::start(none).await.unwrap_err().kind().as_str(), "config_invalid");
}
