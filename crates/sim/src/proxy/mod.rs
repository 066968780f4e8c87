//! A TCP load balancer in front of the nodes' MQTT ports.
//!
//! It picks nodes by the rules of the simulated one, asks their `availability_check` over HTTP, and
//! needs nothing of the cluster but addresses, so it serves real brokers as well. Connections to a
//! node that has closed its door stay where they are, as with any load balancer of TCP.

mod carry;
mod health;
mod totals;

use crate::balancer::{Balancer, LoadBalancer};
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
pub use health::HealthCheck;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
pub use totals::{BackendTotals, ProxyTotals};

/// What a load balancer stands in front of.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where it listens. Default: any free port of 127.0.0.1.
    pub address: SocketAddr,
    /// The nodes, at least one.
    pub backends: Vec<Backend>,
    /// How it picks a node, and when a node is left out. An interval of 0 asks every 10 ms.
    pub rules: LoadBalancer,
    /// What it asks a node.
    pub check: HealthCheck,
    /// Seed of the random policy. Default 1.
    pub seed: u64,
}

/// A node behind a load balancer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backend {
    /// Its MQTT port.
    pub mqtt: SocketAddr,
    /// Its HTTP API, which says whether it takes clients.
    pub http: SocketAddr,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            backends: Vec::new(),
            rules: LoadBalancer::default(),
            check: HealthCheck::default(),
            seed: 1,
        }
    }
}

/// A running load balancer. It and its connections are gone when it is dropped.
#[derive(Debug)]
#[must_use = "the load balancer stops when this is dropped"]
pub struct Proxy {
    common: Arc<Common>,
    address: SocketAddr,
    tasks: JoinSet<()>,
}

/// What the connections and the health checks have in common.
#[derive(Debug)]
struct Common {
    backends: Vec<Backend>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    balancer: Balancer,
    totals: ProxyTotals,
    sends_nobody: bool,
}

impl Proxy {
    /// Starts to listen and to check. Needs a tokio runtime with IO and time.
    ///
    /// # Errors
    /// `config_invalid` if there is no backend or a rule is not valid; `unreachable` if the port
    /// cannot be had.
    pub fn start(config: ProxyConfig) -> Result<Self> {
        let ProxyConfig { address, backends, rules, check, seed } = config;
        let mut problems = Vec::new();
        rules.check(&mut problems);
        if backends.is_empty() {
            problems.push(Problem::new("backends", "[]", "at least one node"));
        }
        if !problems.is_empty() {
            return Err(Error::invalid("load balancer", problems));
        }
        let socket = listen(address).map_err(|error| cannot_listen(address, &error))?;
        let address = socket.local_addr().map_err(|error| cannot_listen(address, &error))?;
        let interval = Duration::from_millis(rules.check_interval_ms).max(SHORTEST_INTERVAL);
        let state = State {
            balancer: Balancer::new(rules, backends.len(), seed),
            totals: ProxyTotals::new(backends.len()),
            sends_nobody: false,
        };
        let common =
            Arc::new(Common { backends, state: Mutex::new(state), changed: Notify::new() });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(socket, Arc::clone(&common)));
        tasks.spawn(health::watch(Arc::clone(&common), check, interval));
        Ok(Self { common, address, tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A fault: while `is_on`, every new connection is closed at once and nobody comes back to any
    /// node. Connections that are open stay.
    pub fn send_nobody(&self, is_on: bool) {
        self.common.change(|state| state.sends_nobody = is_on);
    }

    /// What it has done so far.
    pub fn totals(&self) -> ProxyTotals {
        self.common.state().totals.clone()
    }

    /// Waits until its totals are as wished.
    pub async fn until(&self, wish: impl Fn(&ProxyTotals) -> bool) -> ProxyTotals {
        loop {
            let changed = self.common.changed.notified();
            let totals = self.totals();
            if wish(&totals) {
                return totals;
            }
            changed.await;
        }
    }

    /// Closes the port and every connection.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Common {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one connection must not take the others down.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_waiters();
        result
    }

    /// Picks the node of a new connection and counts it there.
    fn route(&self) -> Option<usize> {
        self.change(|state| {
            state.totals.accepted += 1;
            if state.sends_nobody {
                state.totals.sent_nowhere += 1;
                return None;
            }
            let open: Vec<u64> = state.totals.backends.iter().map(|node| node.open).collect();
            let picked = state.balancer.route(1, &open).iter().position(|share| *share == 1);
            match picked.and_then(|node| state.totals.backends.get_mut(node)) {
                Some(node) => {
                    node.open += 1;
                    node.routed += 1;
                }
                None => state.totals.unrouted += 1,
            }
            picked
        })
    }

    /// Takes one connection from client to node and holds it until both have closed.
    async fn serve(self: Arc<Self>, client: TcpStream) {
        let Some(node) = self.route() else { return };
        let _open = Open { common: &self, node };
        let Some(backend) = self.backends.get(node) else { return };
        let Ok(Ok(upstream)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(backend.mqtt)).await
        else {
            self.change(|state| state.totals.at(node, |node| node.unreachable += 1));
            return;
        };
        // An error is the end of the connection on either side, which both sides see.
        _ = carry::between(client, upstream).await;
    }
}

/// A connection that counts for its node until this is dropped, also when its task is.
struct Open<'a> {
    common: &'a Common,
    node: usize,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.common.change(|state| {
            state.totals.at(self.node, |node| node.open = node.open.saturating_sub(1));
        });
    }
}

async fn accept(socket: TcpListener, common: Arc<Common>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(Arc::clone(&common).serve(client));
                }
                // Out of file descriptors, most likely: it gets better when somebody leaves.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unreachable, "cannot listen; choose another port")
        .with("address", address)
        .with("reason", error)
}

/// Connections that may wait to be accepted: a whole cluster's clients come back at once.
const BACKLOG: u32 = 4096;
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// HAProxy's usual `timeout connect`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
