//! Clients that do not speak MQTT as they should.

use crate::cluster::{cluster, counts, port, until};
use crate::raw::{Connect, NOTHING, Raw};
use emqx_rebalance_sim::server::Embedded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Says `bytes` on a new connection. What the node says until it closes the connection; a reset
/// counts as closed.
async fn say(cluster: &Embedded, bytes: &[u8]) -> Vec<u8> {
    let mut raw = Raw::open(port(cluster, 0)).await;
    // The node may close before all of it is written, which is its right.
    let _written = raw.stream.write_all(bytes).await.is_ok();
    let mut answer = Vec::new();
    let _closed = raw.stream.read_to_end(&mut answer).await;
    answer
}

/// The node still serves, and nobody is left on it.
async fn serves(cluster: &Embedded) {
    until(cluster, |cluster| counts(cluster, 0).connected == 0).await;
    Connect::new(5, "sane", true).welcome(port(cluster, 0)).await.0.ping().await;
}

#[tokio::test]
async fn what_is_no_connect_is_closed_without_a_word() {
    let cluster = cluster(1).await;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\x00\x00",
        b"\xff\xff\xff\xff\xff\xff",
        b"\x10\xff\xff\xff\x7f",
        b"\xc0\x00",
        b"\x10\x00",
        b"\x10\x0a\x00\x04MQTT\x05\x01\x00\x00",
    ] {
        assert_eq!(say(&cluster, bytes).await, NOTHING, "{bytes:02x?}");
    }
    serves(&cluster).await;
}

#[tokio::test]
async fn a_version_nobody_speaks_is_refused() {
    let cluster = cluster(1).await;
    for (level, refusal) in [(6, vec![0x20, 3, 0, 0x84, 0]), (2, vec![0x20, 2, 0, 1])] {
        let mut connect = Connect::new(4, "odd", true).bytes();
        connect[8] = level;
        assert_eq!(say(&cluster, &connect).await, refusal);
    }
}

#[tokio::test]
async fn a_client_that_breaks_the_rules_later_is_told_so_in_mqtt_5() {
    let cluster = cluster(1).await;
    let again = Connect::new(5, "rude", true).bytes();
    for (bytes, reason) in [
        (&b"\x30\xff\xff\xff\xff"[..], 0x81),
        (b"\x30\xff\xff\xff\x7f", 0x95),
        (b"\x00\x00", 0x81),
        (b"\x20\x02\x00\x00", 0x81),
        (b"\x82\x05\x00\x01\x00\x00\x09", 0x81),
        (b"\x32\x06\x00\x01a\x00\x00\x00", 0x82),
        (b"\x30\x05\x00\x01#\x00x", 0x90),
        (&again, 0x82),
    ] {
        let (mut raw, _) = Connect::new(5, "rude", true).welcome(port(&cluster, 0)).await;
        raw.send(bytes).await;
        let farewell = raw.rest().await;
        assert_eq!(farewell.get(..2), Some(&[0xe0, 2][..]), "{bytes:02x?}: {farewell:02x?}");
        // A CONNACK from a client is as malformed as it is out of place.
        assert!(farewell[2] == reason || bytes[0] == 0x20, "{bytes:02x?}: {farewell:02x?}");
    }
    let (mut raw, _) = Connect::new(4, "rude", true).welcome(port(&cluster, 0)).await;
    raw.send(b"\x00\x00").await;
    assert_eq!(raw.rest().await, NOTHING);
    serves(&cluster).await;
}

#[tokio::test]
async fn a_packet_that_comes_byte_by_byte_is_understood() {
    let cluster = cluster(1).await;
    let mut raw = Raw::open(port(&cluster, 0)).await;
    for byte in Connect::new(5, "slow", true).bytes() {
        raw.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.packet().await[..2], [0x20, 0x16]);
    for byte in [0xc0, 0] {
        raw.send(&[byte]).await;
    }
    assert_eq!(raw.packet().await, [0xd0, 0]);
}

#[tokio::test]
async fn a_client_id_as_long_as_emqx_allows_is_one_like_any_other() {
    let cluster = cluster(1).await;
    let connect = Connect::new(5, &"x".repeat(10_000), false);
    drop(connect.welcome(port(&cluster, 0)).await);
    let (mut raw, present) = connect.welcome(port(&cluster, 0)).await;
    assert!(present);
    raw.ping().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_not_sent_everything() {
    let cluster = cluster(1).await;
    let (mut deaf, _) = Connect::new(4, "deaf", true).welcome(port(&cluster, 0)).await;
    deaf.subscribe("flood", 0).await;
    let (mut publisher, _) = Connect::new(4, "loud", true).welcome(port(&cluster, 0)).await;
    let payload = "x".repeat(500_000);
    for _ in 0..40 {
        publisher.publish("flood", &payload, 0).await;
        publisher.ping().await;
    }
    assert!(cluster.mqtt_totals().dropped > 0, "{:?}", cluster.mqtt_totals());
    assert_eq!(deaf.receive().await.payload.len(), payload.len());
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_in_full() {
    let cluster = cluster(1).await;
    let (mut raw, _) = Connect::new(4, "flood", true).welcome(port(&cluster, 0)).await;
    // More than the node keeps for a client that does not read.
    let pings = [0xc0, 0].repeat(1 << 20);
    let (mut reader, mut writer) = raw.stream.split();
    let mut answers = vec![0; pings.len()];
    let (written, read) = tokio::join!(writer.write_all(&pings), reader.read_exact(&mut answers));
    written.and(read).unwrap();
    assert_eq!(answers, [0xd0, 0].repeat(1 << 20));
}
