//! A broker that says what a test tells it to, in raw bytes.

use emqx_rebalance_swarm::{Reconnect, SwarmConfig};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ACCEPTED: [u8; 5] = [0x20, 3, 0, 0, 0];
pub(crate) const RESUMED: [u8; 5] = [0x20, 3, 1, 0, 0];
pub(crate) const REFUSED_V5: [u8; 5] = [0x20, 3, 0, 0x9C, 0];
pub(crate) const REFUSED_V3: [u8; 4] = [0x20, 2, 0, 3];
pub(crate) const EVICTED: [u8; 4] = [0xE0, 2, 0x9C, 0];

/// One connection, seen from the broker.
pub(crate) struct Peer(TcpStream);

pub(crate) struct Broker(TcpListener);

impl Broker {
    pub(crate) async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// The next connection and the CONNECT on it.
    pub(crate) async fn accept(&self) -> (Peer, Vec<u8>) {
        let mut peer = Peer(self.0.accept().await.unwrap().0);
        let connect = peer.hear().await;
        assert_eq!(connect[0], 0x10, "CONNECT first");
        (peer, connect)
    }

    /// The next connection, once it was told `answer`.
    pub(crate) async fn welcome(&self, answer: &[u8]) -> Peer {
        let (mut peer, _) = self.accept().await;
        peer.say(answer).await;
        peer
    }
}

impl Peer {
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The next packet; packets in these tests are shorter than 128 bytes.
    pub(crate) async fn hear(&mut self) -> Vec<u8> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).await.unwrap();
        let mut packet = head.to_vec();
        packet.resize(2 + usize::from(head[1]), 0);
        self.0.read_exact(&mut packet[2..]).await.unwrap();
        packet
    }

    /// Waits until the client closes.
    pub(crate) async fn closed(mut self) {
        let mut rest = Vec::new();
        _ = self.0.read_to_end(&mut rest).await;
    }
}

/// A swarm that comes back at once.
pub(crate) fn config(target: SocketAddr, clients: u64) -> SwarmConfig {
    SwarmConfig {
        clients,
        targets: vec![target.to_string()],
        reconnect: Reconnect { delay_ms: 1, factor: 1.0, max_ms: 1, jitter: 0.0, profile: None },
        ..SwarmConfig::default()
    }
}
