//! The cluster on real ports, with a clock that moves by itself.

mod clock;
mod listener;
mod mqtt;
mod shared;

use crate::config::ClusterConfig;
use crate::http::Simulation;
pub use crate::mqtt::MqttTotals;
use clock::Clock;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use listener::Listener;
pub use mqtt::MqttOptions;
use mqtt::{Mqtt, Serving};
pub(crate) use shared::Shared;
use shared::keep_time;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where the nodes listen.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The address of every node. Default 127.0.0.1.
    pub ip: IpAddr,
    /// A port for each node; 0 is any that is free. Default: all of them any.
    pub ports: Vec<u16>,
    /// MQTT ports for real clients, which then take the place of the counted ones: the
    /// configuration must put no client on any node. Default: none, clients are counted.
    pub mqtt: Option<MqttOptions>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { ip: Ipv4Addr::LOCALHOST.into(), ports: Vec::new(), mqtt: None }
    }
}

/// A running cluster: one HTTP listener for each node, and one for MQTT if so wished. It stops when it is dropped.
#[must_use = "the cluster stops when this is dropped"]
pub struct Embedded {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
    mqtt: Option<Serving>,
    tasks: JoinSet<()>,
}

impl Embedded {
    /// Starts `config` with every node on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// As [`Self::start_on`].
    pub async fn start(config: ClusterConfig) -> Result<Self> {
        Self::start_on(config, ServerOptions::default()).await
    }

    /// Starts `config` where `options` say. Needs a tokio runtime with IO and time.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`, or for more ports than nodes;
    /// `unreachable` if a port cannot be had.
    pub async fn start_on(config: ClusterConfig, options: ServerOptions) -> Result<Self> {
        let nodes = config.nodes.len();
        check_ports("ports", &options.ports, nodes)?;
        let bind = |mqtt| Mqtt::bind(&config, options.ip, mqtt);
        let mqtt = options.mqtt.as_ref().map(bind).transpose()?;
        let simulation = match &mqtt {
            Some(mqtt) => Simulation::with_population(config, mqtt.population())?,
            None => Simulation::new(config)?,
        };
        let shared = Arc::new(Shared {
            simulation: Mutex::new(simulation),
            clock: Clock::new(nodes),
            is_ended: watch::Sender::new(false),
        });
        let (mut tasks, mut addresses) = (JoinSet::new(), Vec::new());
        for node in 0..nodes {
            let port = options.ports.get(node).copied().unwrap_or(0);
            let listener = Listener::bind(SocketAddr::new(options.ip, port), node).await?;
            addresses.push(listener.address());
            tasks.spawn(listener.run(Arc::clone(&shared)));
        }
        let mqtt = mqtt.map(|mqtt| mqtt.serve(&shared, &mut tasks));
        tasks.spawn(keep_time(Arc::clone(&shared)));
        Ok(Self { shared, addresses, mqtt, tasks })
    }

    /// The base URL of every node's HTTP API, such as `http://127.0.0.1:18083`, in order.
    pub fn urls(&self) -> Vec<String> {
        self.addresses.iter().map(|address| format!("http://{address}")).collect()
    }

    /// Where every node listens, in order.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The API key that the cluster was made with.
    pub fn api_key(&self) -> String {
        self.with(|simulation| simulation.cluster.config().credentials.api_key.clone())
    }

    /// Its secret.
    pub fn api_secret(&self) -> String {
        self.with(|simulation| simulation.cluster.config().credentials.api_secret.clone())
    }

    /// Looks into the simulation at this moment, or breaks something in it. Must not block.
    pub fn with<T>(&self, look: impl FnOnce(&mut Simulation) -> T) -> T {
        let result = look(&mut self.shared.at_present());
        self.shared.clock.disturb();
        result
    }

    /// Closes every port and waits until nothing runs any more.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Drop for Embedded {
    /// Connections that are open are not the listeners': they end once they hear of it.
    fn drop(&mut self) {
        self.shared.is_ended.send_replace(true);
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

fn check_ports(name: &'static str, ports: &[u16], nodes: usize) -> Result<()> {
    if ports.len() <= nodes {
        return Ok(());
    }
    let bound = format!("at most one for each of {nodes}");
    let problem = Problem::new(name, format!("{} ports", ports.len()), bound);
    Err(Error::invalid("server", vec![problem]))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unreachable, "cannot listen; choose another port")
        .with("address", address)
        .with("reason", error)
}
