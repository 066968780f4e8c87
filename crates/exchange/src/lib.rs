//! What to ask an EMQX cluster, of which node and in which order, whoever carries the requests.
//!
//! [`Cluster`] knows how to connect, read, plan, stop and drive; a [`Transport`] sends one request
//! and waits. `emqx-rebalance-client` has one with sockets. [`sansio`] has one without: for hosts
//! with an HTTP client of their own, such as a browser's `fetch`, nginx's cosockets or Python's
//! httpx, which are told what to send and hand in what came back.

mod access;
mod addresses;
mod base;
mod cluster;
mod evacuation;
mod examine;
mod nodes;
mod question;
mod reach;
mod roll;
pub mod sansio;
mod session;
mod status;
mod stop;
mod stored;
mod together;
mod transport;

pub use access::{Access, Auth, Dialect, Nowhere, Outside, Timeouts, Tls};
pub use base::BaseUrl;
pub use cluster::Cluster;
pub use question::{Question, Reply};
pub use stored::{job, restored};
pub use transport::Transport;
