//! The order in which a session's messages go out, and which of them are not acknowledged yet.

use super::link::Link;
use super::message::Outgoing;
use super::wire::{self, Acknowledge};
use emqx_rebalance_core::Timestamp;
use std::collections::{BTreeSet, VecDeque};

/// Messages sent and waiting, in order.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Sent, oldest first, until the client acknowledged them.
    inflight: VecDeque<Inflight>,
    queue: VecDeque<Outgoing>,
    last_id: u16,
    /// How many may be in flight.
    window: u16,
    /// QoS 2 packet ids of the client that are not released yet.
    pub(super) received: BTreeSet<u16>,
}

#[derive(Debug)]
struct Inflight {
    id: u16,
    outgoing: Outgoing,
    /// Whether a PUBREL stands for it: the client has the message.
    released: bool,
}

/// What became of a message that was to be delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Delivered {
    Sent,
    Queued,
    /// It, or the oldest in its place, was dropped.
    Dropped,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            inflight: VecDeque::new(),
            queue: VecDeque::new(),
            last_id: 0,
            window: MAX_INFLIGHT,
            received: BTreeSet::new(),
        }
    }
}

impl Delivery {
    /// Sends `outgoing` if it can go now, and keeps it for later if not.
    pub(super) fn deliver(
        &mut self,
        now: Timestamp,
        outgoing: Outgoing,
        link: Option<&Link>,
    ) -> Delivered {
        let Some(link) = link else {
            return self.enqueue(outgoing);
        };
        if outgoing.qos == 0 {
            let sent = !link.is_congested()
                && link.send(|out, version| wire::publish(out, version, now, &outgoing, 0, false));
            return if sent { Delivered::Sent } else { Delivered::Dropped };
        }
        if self.inflight.len() >= self.window.into() {
            return self.enqueue(outgoing);
        }
        if self.send(now, outgoing, link) { Delivered::Sent } else { Delivered::Dropped }
    }

    fn enqueue(&mut self, outgoing: Outgoing) -> Delivered {
        self.queue.push_back(outgoing);
        if self.queue.len() <= MAX_QUEUE {
            return Delivered::Queued;
        }
        self.queue.pop_front();
        Delivered::Dropped
    }

    /// Whether the packet was not too large for the client.
    fn send(&mut self, now: Timestamp, outgoing: Outgoing, link: &Link) -> bool {
        let id = self.next_id();
        let sent = link.send(|out, version| wire::publish(out, version, now, &outgoing, id, false));
        if sent {
            self.inflight.push_back(Inflight { id, outgoing, released: false });
        }
        sent
    }

    fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            // The window is far smaller than the range of ids, so one is free.
            if self.inflight.iter().all(|sent| sent.id != self.last_id) {
                return self.last_id;
            }
        }
    }

    /// Takes up with a client that is back: first what it did not acknowledge, in the old order,
    /// then what waited. The client takes `window` at a time.
    pub(super) fn resume(&mut self, now: Timestamp, window: u16, link: &Link) {
        self.window = window.clamp(1, MAX_INFLIGHT);
        for sent in &self.inflight {
            link.send(|out, version| {
                if sent.released {
                    wire::acknowledge(out, version, Acknowledge::Release, sent.id, 0);
                } else {
                    wire::publish(out, version, now, &sent.outgoing, sent.id, true);
                }
            });
        }
        self.refill(now, link);
    }

    /// Takes a PUBACK or a PUBCOMP in. Whether something was waiting for it.
    pub(super) fn acknowledge(&mut self, now: Timestamp, id: u16, link: &Link) -> bool {
        let place = self.inflight.iter().position(|sent| sent.id == id);
        let known = place.and_then(|place| self.inflight.remove(place)).is_some();
        self.refill(now, link);
        known
    }

    /// Takes a PUBREC in. Whether something was waiting for it.
    pub(super) fn release(&mut self, id: u16) -> bool {
        let sent = self.inflight.iter_mut().find(|sent| sent.id == id);
        sent.map(|sent| sent.released = true).is_some()
    }

    fn refill(&mut self, now: Timestamp, link: &Link) {
        while self.inflight.len() < self.window.into() {
            let Some(outgoing) = self.queue.pop_front() else { break };
            if !outgoing.message.is_expired(now) {
                // What is too large for the client now is never sent to it.
                let _sent = match outgoing.qos {
                    0 => link.send(|out, version| {
                        wire::publish(out, version, now, &outgoing, 0, false);
                    }),
                    _ => self.send(now, outgoing, link),
                };
            }
        }
        // Ten thousand idle sessions should not hold on to the room of their busiest moment.
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
        if self.inflight.is_empty() {
            self.inflight = VecDeque::new();
        }
    }

    /// Messages that were never sent.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Messages that the session still owes its client.
    pub(super) fn owed(&self) -> usize {
        self.inflight.len() + self.queue.len()
    }
}

/// EMQX's `max_inflight`.
pub(super) const MAX_INFLIGHT: u16 = 32;
/// EMQX's `max_mqueue_len`: beyond it the oldest message is dropped.
const MAX_QUEUE: usize = 1000;
