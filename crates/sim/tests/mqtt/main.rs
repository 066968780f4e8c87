//! MQTT on the nodes, spoken byte by byte and by an independent client.

#![cfg(test)]

mod cluster;
mod expiry;
mod hostile;
mod messages;
mod peers;
mod raw;
mod rebalance;
mod refusals;
mod sessions;
