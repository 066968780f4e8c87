//! MQTT 3.1, 3.1.1 and 5 on a port of each node.
//!
//! Connections are small tasks that share one [`Broker`](broker::Broker): it holds the sessions of
//! the whole cluster, each on one node, and shows them to the rules of rebalancing as a
//! [`Population`](crate::Population). Nothing is authenticated and nothing survives the process.

mod broker;
mod connection;
mod delivery;
mod frame;
mod handshake;
mod host;
mod link;
mod listener;
mod message;
mod requests;
mod session;
mod topics;
mod wire;

pub use broker::MqttTotals;
pub(crate) use broker::{Broker, Connected};
pub(crate) use host::Host;
pub(crate) use listener::Listener;
