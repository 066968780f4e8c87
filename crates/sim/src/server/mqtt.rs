//! The nodes' MQTT ports, and the clients that they make real.

use super::shared::Shared;
use super::{cannot_listen, check_ports};
use crate::config::ClusterConfig;
use crate::drift::Drift;
use crate::mqtt::{Broker, Connected, Host, Listener, MqttTotals};
use crate::population::Population;
use emqx_rebalance_core::{Error, Problem, Result};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// MQTT on the nodes: clients connect by themselves instead of being counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MqttOptions {
    /// A port for each node; 0 is any that is free. Default: all of them any.
    pub ports: Vec<u16>,
    /// Milliseconds a connection may stay without a CONNECT. Default 15,000: EMQX's
    /// `idle_timeout`.
    pub connect_timeout_ms: u64,
}

impl Default for MqttOptions {
    fn default() -> Self {
        Self { ports: Vec::new(), connect_timeout_ms: 15_000 }
    }
}

/// The sessions, and the ports that wait for clients.
pub(super) struct Mqtt {
    broker: Arc<Broker>,
    listeners: Vec<Listener>,
    connect_timeout: Duration,
}

/// What is left to ask once the ports are served.
pub(super) struct Serving {
    pub(super) broker: Arc<Broker>,
    pub(super) addresses: Vec<SocketAddr>,
    /// For every node, whether it hangs.
    hung: Vec<watch::Sender<bool>>,
}

impl Mqtt {
    /// Takes a port for every node of `config`.
    pub(super) fn bind(config: &ClusterConfig, ip: IpAddr, options: &MqttOptions) -> Result<Self> {
        let nodes = config.nodes.len();
        check_ports("mqtt.ports", &options.ports, nodes)?;
        check_empty(config)?;
        let mut listeners = Vec::new();
        for node in 0..nodes {
            let port = options.ports.get(node).copied().unwrap_or(0);
            let address = SocketAddr::new(ip, port);
            let listener = Listener::bind(address).map_err(|e| cannot_listen(address, &e))?;
            listeners.push(listener);
        }
        let version = config.personality.rules().version;
        Ok(Self {
            broker: Arc::new(Broker::new(nodes, version, config.seed)),
            listeners,
            connect_timeout: Duration::from_millis(options.connect_timeout_ms),
        })
    }

    /// The clients, as the rules of rebalancing see them.
    pub(super) fn population(&self) -> Box<dyn Population> {
        Box::new(Connected::new(Arc::clone(&self.broker)))
    }

    /// Lets clients in.
    pub(super) fn serve(self, shared: &Arc<Shared>, tasks: &mut JoinSet<()>) -> Serving {
        let addresses = self.listeners.iter().map(Listener::address).collect();
        let mut hung = Vec::new();
        for (node, listener) in self.listeners.into_iter().enumerate() {
            let (hangs, is_hung) = watch::channel(false);
            hung.push(hangs);
            let host = Host {
                shared: Arc::clone(shared),
                broker: Arc::clone(&self.broker),
                node,
                connect_timeout: self.connect_timeout,
                hung: is_hung,
            };
            tasks.spawn(listener.run(Arc::new(host)));
        }
        tasks.spawn(follow(Arc::clone(shared), hung.clone()));
        Serving { broker: self.broker, addresses, hung }
    }
}

/// Has the MQTT side of a node hang whenever the node does.
async fn follow(shared: Arc<Shared>, mqtt: Vec<watch::Sender<bool>>) {
    let mut hung = shared.clock.hung();
    while hung.changed().await.is_ok() {
        let now = hung.borrow_and_update().clone();
        for (node, hangs) in mqtt.iter().zip(now) {
            node.send_replace(hangs);
        }
    }
}

impl super::Embedded {
    /// Where every node takes MQTT clients, in order; none if [`MqttOptions`] were not given.
    pub fn mqtt_addresses(&self) -> &[SocketAddr] {
        self.mqtt.as_ref().map_or(&[], |mqtt| &mqtt.addresses)
    }

    /// What became of MQTT clients and messages so far.
    pub fn mqtt_totals(&self) -> MqttTotals {
        self.mqtt.as_ref().map_or_else(MqttTotals::default, |mqtt| mqtt.broker.totals())
    }

    /// Makes `node`'s MQTT side hang as a stopped process does, or go on: its connections stay
    /// open and say nothing, and new ones are taken by the kernel alone.
    pub fn hang_mqtt(&self, node: usize, hangs: bool) {
        if let Some(hung) = self.mqtt.as_ref().and_then(|mqtt| mqtt.hung.get(node)) {
            hung.send_replace(hangs);
        }
    }

    /// Messages of QoS 1 and 2 that wait for their subscriber or for its acknowledgement, and
    /// those of QoS 0 that wait for a client that is away.
    pub fn mqtt_owed(&self) -> usize {
        self.mqtt.as_ref().map_or(0, |mqtt| mqtt.broker.owed())
    }
}

/// Real clients connect by themselves, so there can be none to begin with.
fn check_empty(config: &ClusterConfig) -> Result<()> {
    let mut problems = Vec::new();
    for (i, node) in config.nodes.iter().enumerate() {
        let counts =
            [("clients", node.clients), ("disconnected_sessions", node.disconnected_sessions)];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let bound = "0 where clients connect over MQTT";
            problems.push(Problem::new(format!("nodes[{i}].{name}"), count, bound));
        }
    }
    let Drift { arrivals_per_s, departures_per_s } = config.drift;
    for (name, per_s) in
        [("arrivals_per_s", arrivals_per_s), ("departures_per_s", departures_per_s)]
    {
        if per_s > 0.0 {
            let bound = "0 where clients connect over MQTT: they come and go as they like";
            problems.push(Problem::new(format!("drift.{name}"), per_s, bound));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid("cluster", problems)) }
}
