//! Looks after a fleet of EMQX clusters: polls each of them, has its policy decide, drives the runs that follow, and keeps
//! all of that where it survives the process.
//!
//! Decisions are those of [`emqx_rebalance_core::policy`]; this crate has the clock, the sockets and the file. One
//! process looks after any number of clusters, each in a task of its own, so that one that hangs delays no other.

mod board;
mod claims;
mod clock;
mod config;
mod http;
mod keeper;
mod learned;
mod metrics;
mod news;
mod poll;
mod runs;
mod store;
mod watch;

pub use config::{ClusterEntry, Fleet, Listen, Retention, Role, Token, schema};
pub use http::openapi;
pub use news::News;
pub use store::{Look, Rows, Sample, Store, StoredRun};
pub use watch::Watch;
