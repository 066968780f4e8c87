//! One node's MQTT port: open while the node is up.

use super::connection::Connection;
use super::host::Host;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A bound port that serves one node.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = listen(address)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the node, closes the port and every connection when it dies, opens the same port
    /// when it is back.
    pub(crate) async fn run(self, host: Arc<Host>) {
        let mut socket = Some(self.socket);
        loop {
            if let Some(socket) = socket.take() {
                serve(socket, &host).await;
            }
            host.shared.until(host.node, true).await;
            socket = listen(self.address).ok();
            if socket.is_none() {
                // Somebody took the port meanwhile.
                tokio::time::sleep(REBIND).await;
            }
        }
    }
}

/// Takes connections until the node dies, and drops them then.
async fn serve(socket: TcpListener, host: &Arc<Host>) {
    let mut connections = JoinSet::new();
    let death = host.shared.until(host.node, false);
    tokio::pin!(death);
    loop {
        tokio::select! {
            () = &mut death => return,
            accepted = accept(&socket, host) => match accepted {
                Ok(stream) => {
                    connections.spawn(Connection::new(Arc::clone(host), stream).run());
                }
                // Out of file descriptors, most likely: it gets better when somebody leaves.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(socket: &TcpListener, host: &Host) -> io::Result<TcpStream> {
    host.awake().await;
    socket.accept().await.map(|(stream, _)| stream)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Clients that may wait for the node to take them: all those of one eviction come back at once.
const BACKLOG: u32 = 4096;
/// How long to wait until a port is tried again.
const REBIND: Duration = Duration::from_millis(100);
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
