//! What the cluster wants to tell a client that is connected.

use super::wire::{self, Version};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The way from the cluster to one connection's task.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) version: Version,
    /// The largest packet the client takes, in bytes.
    limit: u32,
    outbox: Mutex<Outbox>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Outbox {
    bytes: Vec<u8>,
    ended: bool,
}

impl Link {
    pub(super) fn new(version: Version, limit: u32) -> Self {
        Self { version, limit, outbox: Mutex::default(), wake: Notify::new() }
    }

    /// Adds a packet, unless it is larger than the client takes or the link has ended.
    pub(super) fn send(&self, write: impl FnOnce(&mut Vec<u8>, Version)) -> bool {
        let mut outbox = self.outbox();
        if outbox.ended {
            return false;
        }
        let start = outbox.bytes.len();
        write(&mut outbox.bytes, self.version);
        let fits = outbox.bytes.len() - start <= self.limit as usize;
        if !fits {
            outbox.bytes.truncate(start);
        }
        drop(outbox);
        self.wake.notify_one();
        fits
    }

    /// Whether so much waits that messages without a promise are better left out.
    pub(super) fn is_congested(&self) -> bool {
        self.outbox().bytes.len() > CONGESTED
    }

    /// Ends the connection, for clients of MQTT 5 with a DISCONNECT that says why.
    pub(super) fn end(&self, reason: u8) {
        let mut outbox = self.outbox();
        if !outbox.ended {
            wire::disconnect(&mut outbox.bytes, self.version, reason);
            outbox.ended = true;
        }
        drop(outbox);
        self.wake.notify_one();
    }

    /// Ends the connection without sending anything more.
    pub(super) fn cut(&self) {
        let mut outbox = self.outbox();
        outbox.bytes = Vec::new();
        outbox.ended = true;
        drop(outbox);
        self.wake.notify_one();
    }

    /// Takes what there is to send.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.outbox().bytes)
    }

    /// Whether the connection is to be closed once all of it is sent: nothing is added any more.
    pub(super) fn has_ended(&self) -> bool {
        self.outbox().ended
    }

    /// Waits until there may be something to take.
    pub(super) async fn posted(&self) {
        self.wake.notified().await;
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes: EMQX's `high_watermark` for a connection that does not read.
const CONGESTED: usize = 1 << 20;
