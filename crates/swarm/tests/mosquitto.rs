//! A swarm against a broker that others have written: Debian's mosquitto.
#![cfg(test)]

use emqx_rebalance_swarm::{Reconnect, Report, Swarm, SwarmConfig};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

struct Mosquitto {
    child: Child,
    address: SocketAddr,
    _config: tempfile::NamedTempFile,
}

impl Mosquitto {
    async fn start() -> Self {
        // mosquitto cannot choose a port by itself, so a free one is found for it.
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut config = tempfile::NamedTempFile::new().unwrap();
        writeln!(config, "listener {} 127.0.0.1\nallow_anonymous true", address.port()).unwrap();
        writeln!(config, "max_queued_messages 0\nmax_keepalive 120").unwrap();
        let child = Command::new("mosquitto")
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .arg("-c")
            .arg(config.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto is missing: apt-get install mosquitto");
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
        Self { child, address, _config: config }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Carries connections to `to` and breaks all of them at a change of `cut`.
async fn relay(listener: TcpListener, to: SocketAddr, cut: watch::Receiver<u32>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let mut cut = cut.clone();
        cut.mark_unchanged();
        tokio::spawn(async move {
            let mut broker = TcpStream::connect(to).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut broker) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

fn config(target: SocketAddr) -> SwarmConfig {
    SwarmConfig {
        clients: 200,
        targets: vec![target.to_string()],
        persistent: 0.5,
        v5: 0.5,
        publish_rate: 1000.0,
        reconnect: Reconnect { delay_ms: 100, ..Reconnect::default() },
        ..SwarmConfig::default()
    }
}

#[tokio::test]
async fn no_message_of_a_session_is_lost_over_broken_connections() {
    let mosquitto = Mosquitto::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let (cut, watched) = watch::channel(0);
    let relay = tokio::spawn(relay(listener, mosquitto.address, watched));
    let swarm = Swarm::start(config(front)).await.unwrap();
    for round in 1..=3 {
        let busy =
            |report: &Report| report.connected == 200 && report.messages.received >= round * 500;
        swarm.until(busy).await;
        cut.send_modify(|cuts| *cuts += 1);
        swarm.until(|report| report.reconnects.count >= round * 200).await;
    }
    let report = swarm.stop().await;
    relay.abort();
    let (sessions, messages) = (&report.sessions, &report.messages);
    assert_eq!(sessions.kept, 3 * sessions.persistent, "{report:?}");
    assert_eq!((sessions.lost, sessions.unexpected), (0, 0));
    assert!(messages.received >= 1500 && messages.acknowledged <= messages.sent);
    assert_eq!(
        (messages.missing, messages.out_of_order, messages.foreign),
        (0, 0, 0),
        "{messages:?}"
    );
    let broken: u64 = report.disconnects.values().sum();
    assert_eq!(broken, 600, "{:?}", report.disconnects);
}
