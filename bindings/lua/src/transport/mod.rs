//! The built-in transport: HTTP on a background thread, so that no call of Lua waits for the network
//! unless it wants to.

mod cluster;
mod link;
mod process;
mod question;
mod run;

pub(crate) use cluster::register;
