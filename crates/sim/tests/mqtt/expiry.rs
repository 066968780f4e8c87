//! Time that runs out: of sessions, of silence, of connections that say nothing.

use crate::cluster::{cluster, counts, port, start, until};
use crate::raw::{Connect, NOTHING, Raw};
use emqx_rebalance_sim::ClusterConfig;
use emqx_rebalance_sim::server::MqttOptions;

#[tokio::test]
async fn a_session_ends_when_its_client_stays_away_too_long() {
    let cluster = cluster(1).await;
    let connect = Connect { expiry: 1, ..Connect::new(5, "one", false) };
    drop(connect.welcome(port(&cluster, 0)).await);
    until(&cluster, |cluster| cluster.mqtt_totals().expired == 1).await;
    assert_eq!(counts(&cluster, 0).sessions(), 0);
    let (_raw, present) = connect.welcome(port(&cluster, 0)).await;
    assert!(!present);
}

#[tokio::test]
async fn a_client_that_is_silent_for_half_as_long_again_is_sent_away() {
    let cluster = cluster(1).await;
    let started = tokio::time::Instant::now();
    for (version, farewell) in [(5, vec![0xe0, 2, 0x8d, 0]), (4, vec![])] {
        let connect = Connect { keep_alive: 1, ..Connect::new(version, "quiet", true) };
        let (mut raw, _) = connect.welcome(port(&cluster, 0)).await;
        assert_eq!(raw.rest().await, farewell);
    }
    assert!(started.elapsed().as_millis() >= 3000, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_connection_without_connect_is_closed() {
    let config = ClusterConfig::with_clients(&[0]).unwrap();
    let options = MqttOptions { connect_timeout_ms: 50, ..MqttOptions::default() };
    let cluster = start(config, options).await;
    for said in [&b""[..], b"\x10\x20\x00\x04MQ"] {
        let mut raw = Raw::open(port(&cluster, 0)).await;
        raw.send(said).await;
        assert_eq!(raw.packet().await, NOTHING);
    }
}
