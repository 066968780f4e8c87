//! The network of the Kubernetes cluster that is not there: an HTTP proxy that takes the names and
//! addresses of EMQX's pods and Services to the nodes of the embedded cluster.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running network; it stops when it is dropped.
pub(crate) struct Network {
    pub(crate) proxy: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    nodes: Vec<SocketAddr>,
    /// Rebalances that EMQX was asked to start.
    starts: AtomicUsize,
    is_cut: watch::Sender<bool>,
    /// Connections that are open.
    open: watch::Sender<usize>,
}

impl Network {
    pub(crate) async fn to(nodes: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let nodes = nodes.to_vec();
        let (is_cut, open) = (watch::channel(false).0, watch::channel(0).0);
        let shared = Arc::new(Shared { nodes, starts: AtomicUsize::default(), is_cut, open });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, Arc::clone(&shared)));
        Self { proxy, shared, _tasks: tasks }
    }

    /// Starts that were sent to EMQX so far.
    pub(crate) fn starts(&self) -> usize {
        self.shared.starts.load(Ordering::SeqCst)
    }

    /// Ends every connection and takes no more until it is mended.
    pub(crate) async fn cut(&self) {
        self.shared.is_cut.send_replace(true);
        let mut open = self.shared.open.subscribe();
        open.wait_for(|open| *open == 0).await.unwrap();
    }

    pub(crate) fn mend(&self) {
        self.shared.is_cut.send_replace(false);
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((inward, _)) = listener.accept().await {
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let mut cut = shared.is_cut.subscribe();
            tokio::select! {
                biased;
                _ = cut.wait_for(|is_cut| *is_cut) => {}
                () = pass(inward, &shared) => {}
            }
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn pass(mut inward: TcpStream, shared: &Shared) {
    let mut head = vec![0; 64 << 10];
    let Ok(read @ 1..) = inward.read(&mut head).await else { return };
    head.truncate(read);
    let node = shared.nodes[node_of(&String::from_utf8_lossy(&head), shared.nodes.len())];
    let Ok(mut outward) = TcpStream::connect(node).await else { return };
    let (mut from_client, mut to_client) = inward.split();
    let (mut from_node, mut to_node) = outward.split();
    let asking = async {
        let mut bytes = head;
        loop {
            shared.count(&bytes);
            if to_node.write_all(&bytes).await.is_err() {
                return;
            }
            bytes.resize(64 << 10, 0);
            let Ok(read @ 1..) = from_client.read(&mut bytes).await else { return };
            bytes.truncate(read);
        }
    };
    tokio::select! {
        () = asking => {}
        _ = copy(&mut from_node, &mut to_client) => {}
    }
}

impl Shared {
    fn count(&self, bytes: &[u8]) {
        let start = b"/load_rebalance/";
        let is_start = bytes.starts_with(b"POST ")
            && bytes.windows(start.len()).any(|window| window == start)
            && bytes.windows(6).any(|window| window == b"/start");
        if is_start {
            self.starts.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The node that a request is for: the address `10.1.0.N` and a host whose first part ends in `-N`
/// are node N; Services lead to the first.
fn node_of(request: &str, nodes: usize) -> usize {
    let host = request.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split([':', '/', ' ']).next().unwrap_or_default();
    let pod = host.split('.').next().unwrap_or_default().rsplit_once('-').map(|(_, number)| number);
    let number = host.strip_prefix("10.1.0.").or(pod).and_then(|number| number.parse().ok());
    number.filter(|number| *number < nodes).unwrap_or_default()
}

#[test]
fn addresses_lead_to_their_nodes() {
    let of = |host: &str| node_of(&format!("GET http://{host}:8081/api HTTP/1.1\r\n"), 4);
    assert_eq!(of("10.1.0.3"), 3);
    assert_eq!(of("emqx-ee-2.emqx-ee-headless.mqtt.svc.cluster.local"), 2);
    assert_eq!(of("emqx-ee-headless.mqtt.svc"), 0);
    assert_eq!(of("10.0.0.3"), 0);
}
