//! Sessions: found again, taken over, ended.

use crate::cluster::{cluster, counts, port, until};
use crate::raw::{Connect, NOTHING, Raw};

#[tokio::test]
async fn a_client_id_that_connects_elsewhere_takes_its_session_over() {
    for (version, farewell) in [(5, vec![0xe0, 2, 0x8e, 0]), (4, vec![])] {
        let cluster = cluster(2).await;
        let connect = Connect::new(version, "one", false);
        let (mut old, present) = connect.welcome(port(&cluster, 0)).await;
        assert!(!present);
        old.subscribe("news", 1).await;
        let (mut new, present) = connect.welcome(port(&cluster, 1)).await;
        assert!(present, "the session moves");
        assert_eq!(old.rest().await, farewell);
        assert_eq!((counts(&cluster, 0).sessions(), counts(&cluster, 1).connected), (0, 1));
        new.publish("news", "here", 0).await;
        assert_eq!(new.receive().await.payload, "here");
    }
}

#[tokio::test]
async fn a_clean_start_ends_the_old_session_wherever_it_is() {
    let cluster = cluster(2).await;
    let (mut old, _) = Connect::new(5, "one", false).welcome(port(&cluster, 0)).await;
    old.subscribe("news", 1).await;
    let (mut new, present) = Connect::new(5, "one", true).welcome(port(&cluster, 1)).await;
    assert!(!present);
    new.publish("news", "unheard", 1).await;
    assert_eq!(new.packet().await, [0x40, 3, 0, 1, 0x10], "no subscriber is left");
    assert_eq!(counts(&cluster, 0).sessions(), 0);
}

#[tokio::test]
async fn a_session_that_is_not_kept_dies_with_its_connection() {
    let cluster = cluster(1).await;
    for version in [3, 4, 5] {
        let (raw, _) = Connect::new(version, "gone", true).welcome(port(&cluster, 0)).await;
        drop(raw);
        until(&cluster, |cluster| counts(cluster, 0).sessions() == 0).await;
    }
}

#[tokio::test]
async fn a_session_that_is_kept_is_counted_while_its_client_is_away() {
    let cluster = cluster(1).await;
    for version in [3, 4, 5] {
        let id = format!("kept-{version}");
        let (mut raw, _) = Connect::new(version, &id, false).welcome(port(&cluster, 0)).await;
        raw.send(&[0xe0, 0]).await;
        assert_eq!(raw.rest().await, NOTHING);
    }
    until(&cluster, |cluster| counts(cluster, 0).connected == 0).await;
    assert_eq!(counts(&cluster, 0).disconnected_sessions, 3);
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_first_and_in_order() {
    let cluster = cluster(2).await;
    let subscriber = Connect::new(5, "subscriber", false);
    let (mut raw, _) = subscriber.welcome(port(&cluster, 0)).await;
    raw.subscribe("news/#", 1).await;
    let (mut publisher, _) = Connect::new(4, "publisher", true).welcome(port(&cluster, 1)).await;
    for payload in ["a", "b", "c"] {
        publisher.publish_and_wait("news/today", payload).await;
    }
    let sent = [raw.receive().await, raw.receive().await, raw.receive().await];
    raw.acknowledge(sent[1].id).await;
    raw.ping().await;
    drop(raw);
    until(&cluster, |cluster| counts(cluster, 0).disconnected_sessions == 1).await;
    publisher.publish_and_wait("news/today", "d").await;
    let (mut raw, present) = subscriber.welcome(port(&cluster, 1)).await;
    assert!(present);
    let mut again = Vec::new();
    for _ in 0..3 {
        let received = raw.receive().await;
        again.push((received.payload, received.dup));
    }
    let expected = [("a", true), ("c", true), ("d", false)];
    assert_eq!(again, expected.map(|(payload, dup)| (payload.to_owned(), dup)));
}

#[tokio::test]
async fn a_dead_node_drops_its_connections_and_forgets_its_sessions() {
    let cluster = cluster(2).await;
    let (mut there, _) = Connect::new(5, "there", false).welcome(port(&cluster, 1)).await;
    let (mut here, _) = Connect::new(5, "here", false).welcome(port(&cluster, 0)).await;
    cluster.with(|simulation| simulation.cluster.kill(1));
    assert_eq!(there.packet().await, NOTHING, "closed without a word");
    assert_eq!(counts(&cluster, 1).sessions(), 0);
    here.ping().await;
    let (_, present) = Connect::new(5, "there", false).welcome(port(&cluster, 0)).await;
    assert!(!present);
    cluster.with(|simulation| simulation.cluster.restart(1));
    let address = port(&cluster, 1);
    while tokio::net::TcpStream::connect(address).await.is_err() {
        tokio::task::yield_now().await;
    }
    Connect::new(4, "back", true).welcome(address).await;
}

#[tokio::test]
async fn a_client_without_an_id_is_given_one() {
    let cluster = cluster(1).await;
    let (_raw, answer) = Connect::new(5, "", true).to(port(&cluster, 0)).await;
    let text = String::from_utf8_lossy(&answer);
    assert!(text.contains("auto-"), "{answer:02x?}");
    let (_other, answer) = Connect::new(4, "", true).to(port(&cluster, 0)).await;
    assert_eq!(answer, [0x20, 2, 0, 0]);
    assert_eq!(counts(&cluster, 0).connected, 2);
    let (mut raw, answer) = Connect::new(4, "", false).to(port(&cluster, 0)).await;
    assert_eq!(answer, [0x20, 2, 0, 2], "a session cannot be kept for nobody");
    assert_eq!(raw.rest().await, NOTHING);
}

#[tokio::test]
async fn stopping_the_cluster_closes_every_connection() {
    let cluster = cluster(1).await;
    let address = port(&cluster, 0);
    let (mut raw, _): (Raw, bool) = Connect::new(5, "one", true).welcome(address).await;
    cluster.stop().await;
    assert_eq!(raw.packet().await, NOTHING);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_node_that_hangs_says_nothing_until_it_goes_on() {
    let cluster = cluster(2).await;
    let (mut raw, _) = Connect::new(5, "patient", true).welcome(port(&cluster, 1)).await;
    cluster.hang_mqtt(1, true);
    raw.send(&[0xc0, 0]).await;
    let mut late = Raw::open(port(&cluster, 1)).await;
    late.send(&Connect::new(4, "late", true).bytes()).await;
    let (mut other, _) = Connect::new(5, "other", true).welcome(port(&cluster, 0)).await;
    for _ in 0..20 {
        other.ping().await;
    }
    assert_eq!(counts(&cluster, 1).connected, 1);
    assert!(raw.stream.try_read(&mut [0]).is_err(), "nothing came");
    cluster.hang_mqtt(1, false);
    assert_eq!(raw.packet().await, [0xd0, 0]);
    assert_eq!(late.packet().await, [0x20, 2, 0, 0]);
}
