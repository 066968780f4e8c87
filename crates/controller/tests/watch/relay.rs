//! Stands between the controller and EMQX's nodes: counts starts, and holds them back on request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A way to every node of a cluster, each with a port of its own.
pub(crate) struct Relay {
    urls: Vec<String>,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

/// What went through.
#[derive(Default)]
struct Seen {
    starts: AtomicUsize,
    changed: watch::Sender<usize>,
    has_stopped: watch::Sender<bool>,
    /// Whether starts wait here.
    holds: watch::Sender<bool>,
}

impl Relay {
    pub(crate) async fn to(nodes: &[SocketAddr]) -> Self {
        let seen = Arc::new(Seen::default());
        let (mut urls, mut tasks) = (Vec::new(), JoinSet::new());
        for node in nodes {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            urls.push(format!("http://{}", listener.local_addr().unwrap()));
            tasks.spawn(listen(listener, *node, Arc::clone(&seen)));
        }
        Self { urls, seen, _tasks: tasks }
    }

    /// The base URLs, with commas between them.
    pub(crate) fn urls(&self) -> String {
        self.urls.join(",")
    }

    /// Starts that were sent to EMQX.
    pub(crate) fn starts(&self) -> usize {
        self.seen.starts.load(Ordering::SeqCst)
    }

    /// Has starts wait before EMQX sees them, or lets them go on.
    pub(crate) fn hold_starts(&self, holds: bool) {
        self.seen.holds.send_replace(holds);
    }

    /// Waits until a stop was sent.
    pub(crate) async fn until_stopped(&self) {
        let mut stopped = self.seen.has_stopped.subscribe();
        stopped.wait_for(|has_stopped| *has_stopped).await.unwrap();
    }

    /// Waits until a start was sent.
    pub(crate) async fn until_started(&self) {
        let mut changed = self.seen.changed.subscribe();
        changed.wait_for(|starts| *starts > 0).await.unwrap();
    }
}

impl Seen {
    /// Looks at what is on its way to EMQX; a start may have to wait here.
    async fn note(&self, bytes: &[u8]) {
        let asks = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        if asks(b"/stop HTTP/1.1") {
            self.has_stopped.send_replace(true);
        }
        if asks(b"/start HTTP/1.1") {
            let starts = self.starts.fetch_add(1, Ordering::SeqCst) + 1;
            self.changed.send_replace(starts);
            self.holds.subscribe().wait_for(|holds| !*holds).await.unwrap();
        }
    }
}

async fn listen(listener: TcpListener, node: SocketAddr, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((inward, _)) = listener.accept().await {
        connections.spawn(pass(inward, node, Arc::clone(&seen)));
    }
}

async fn pass(mut inward: TcpStream, node: SocketAddr, seen: Arc<Seen>) {
    let Ok(mut outward) = TcpStream::connect(node).await else { return };
    let (mut from_client, mut to_client) = inward.split();
    let (mut from_node, mut to_node) = outward.split();
    let asking = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            seen.note(&bytes[..read]).await;
            if to_node.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        _ = copy(&mut from_node, &mut to_client) => {}
    }
}
