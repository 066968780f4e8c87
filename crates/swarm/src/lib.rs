//! A swarm of real MQTT clients in one process.
//!
//! [`Swarm::start`] connects any number of clients, of MQTT 3.1.1 and 5, with and without a session
//! that outlives its connection. They come back when they are dropped, publish in pairs with QoS 1
//! and number their messages, so that [`Report`] knows what was lost, doubled or out of order.
//! [`process::run`] does the same as a program: a line of JSON at an interval and at the end, and an
//! end by itself when its time is up, when it is told to, or when its parent is gone.
//!
//! It plans nothing and knows nothing of EMQX's HTTP API.

mod client;
mod config;
mod descriptors;
mod identity;
mod ledger;
mod link;
mod percentiles;
pub mod process;
mod report;
mod session;
mod swarm;
mod tally;
mod wire;

pub use config::{Placement, Reconnect, SwarmConfig};
pub use report::{Connects, Messages, Millis, Reconnects, Report, Sessions};
pub use swarm::Swarm;
