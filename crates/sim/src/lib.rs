//! An embedded cluster that behaves like EMQX.
//!
//! The rules, the clients, the load balancer and the HTTP API are pure: they hold no clock, no
//! socket and no thread, and build for WebAssembly. [`VirtualCluster`] drives them in virtual time;
//! with the feature `server`, [`server::Embedded`] puts each node on a port of its own.
//!
//! ```
//! use emqx_rebalance_sim::{ClusterConfig, VirtualCluster};
//! use http::Request;
//!
//! let config = ClusterConfig::with_clients(&[300, 300, 300, 0])?;
//! let mut cluster = VirtualCluster::new(config)?;
//! let start = Request::post("/api/v5/load_rebalance/emqx4@127.0.0.1/start")
//!     .header("content-type", "application/json")
//!     .body(br#"{"abs_conn_threshold": 10, "conn_evict_rate": 20}"#.to_vec())?;
//! assert_eq!(cluster.send(0, start)?.status(), 200);
//! cluster.advance_ms(600_000);
//! assert!(cluster.simulation().cluster.counts(3).connected > 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agent;
mod balancer;
mod cluster;
mod config;
mod coordinator;
mod drift;
mod evacuation;
mod faults;
mod http;
#[cfg(feature = "policy")]
mod keeper;
#[cfg(feature = "server")]
mod mqtt;
mod personality;
mod population;
#[cfg(feature = "server")]
pub mod proxy;
mod reconnect;
mod rng;
#[cfg(feature = "server")]
pub mod server;
mod virtual_time;

pub use crate::http::{Answer, Simulation, Ticket};
pub use balancer::{LoadBalancer, Policy};
pub use cluster::Cluster;
pub use config::{Boot, ClusterConfig, Credentials, NodeConfig};
pub use drift::Drift;
pub use faults::{Fault, HttpFailure, HttpFault, ScheduledFault};
#[cfg(feature = "policy")]
pub use keeper::{Deed, Keeper};
pub use personality::Release;
pub use population::{Counts, Disturbance, Door, Population, Totals};
pub use reconnect::Reconnect;
pub use virtual_time::{Drive, Fate, Incident, News, VirtualCluster, Wire};
