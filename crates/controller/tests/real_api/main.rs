//! The controller's program on a real Kubernetes API server, with the rights that its chart gives
//! it and the embedded cluster as EMQX.
//!
//! `KUBECONFIG` names the API server, with an administrator's access, and `kubectl` is on the path;
//! `cargo xtask test-kube` sees to both. The server needs no nodes: EMQX's pods are objects only, and
//! their addresses lead to the embedded cluster by a proxy.
#![cfg(test)]

mod controller;
mod emqx;
mod kubectl;
mod network;
mod place;

mod deleted;
mod drained;
mod faults;
mod hostile;
mod many;
mod own;
mod samples;
