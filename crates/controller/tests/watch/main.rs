//! The controller as a whole: a small API server, the embedded cluster as EMQX, and faults in both.
#![cfg(test)]

mod adapter;
mod api;
mod canary;
mod costs;
mod deletion;
mod evacuated;
mod instance;
mod kills;
mod lifecycle;
mod operators;
mod outages;
mod own;
mod policy;
mod queue;
mod relay;
mod scene;
mod service;
mod tenants;
mod tls;
mod unreadable;
mod wishes;
