//! A node that says who it is, whether it takes clients, and repeats what it hears.

use emqx_rebalance_sim::proxy::Backend;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Node {
    pub(crate) backend: Backend,
    /// Whether its `availability_check` answers 200.
    pub(crate) available: watch::Sender<bool>,
}

/// Starts node `name`.
pub(crate) async fn node(name: u8) -> Node {
    let (mqtt, http) = (listener().await, listener().await);
    let backend = Backend { mqtt: mqtt.local_addr().unwrap(), http: http.local_addr().unwrap() };
    let (available, watched) = watch::channel(true);
    tokio::spawn(repeat(mqtt, name));
    tokio::spawn(answer(http, watched));
    Node { backend, available }
}

pub(crate) async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Says the node's name, then what it hears, and closes after its client has finished.
pub(crate) async fn repeat(listener: TcpListener, name: u8) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            stream.write_all(&[name]).await?;
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await?;
            to.write_all(b"bye").await
        });
    }
}

async fn answer(listener: TcpListener, available: watch::Receiver<bool>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 512];
        let len = stream.read(&mut request).await.unwrap();
        let request = std::str::from_utf8(&request[..len]).unwrap();
        assert!(request.starts_with("GET /api/v5/load_rebalance/availability_check HTTP/1.1\r\n"));
        let status = if *available.borrow() { "200 OK" } else { "503 Service Unavailable" };
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
        stream.write_all(text.as_bytes()).await.unwrap();
    }
}

/// Connects and says which node answers.
pub(crate) async fn call(address: SocketAddr) -> (TcpStream, u8) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let name = stream.read_u8().await.unwrap();
    (stream, name)
}
