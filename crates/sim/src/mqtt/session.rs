//! One client's session: what it is owed, whether it is there or not.

use super::delivery::Delivery;
use super::link::Link;
use super::message::Message;
use emqx_rebalance_core::Timestamp;
use std::sync::Arc;

/// A session's number: never used twice.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct SessionId(pub(super) u64);

/// A session. It lives on one node of the cluster.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client_id: Arc<str>,
    pub(super) node: usize,
    /// The client's connection, while it has one.
    pub(super) link: Option<Arc<Link>>,
    pub(super) expiry: Expiry,
    /// When something happens to it by itself, while its client is away.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) will_at: Option<Timestamp>,
    pub(super) will: Option<Box<Will>>,
    pub(super) filters: Vec<Arc<str>>,
    pub(super) delivery: Delivery,
}

/// How long a session outlives its connection, in seconds; `u32::MAX` is for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Expiry(pub(super) u32);

impl Expiry {
    /// What a client of MQTT 3 gets that wants a session: EMQX's `session_expiry_interval`, 2 h.
    pub(super) const DEFAULT: Self = Self(7200);

    pub(super) fn is_persistent(self) -> bool {
        self.0 > 0
    }

    /// When the session ends if the client left at `now`.
    pub(super) fn after(self, now: Timestamp) -> Option<Timestamp> {
        (self.0 != u32::MAX).then(|| now.plus_ms(u64::from(self.0) * 1000))
    }
}

/// What is published when a client goes without a word.
#[derive(Debug)]
pub(super) struct Will {
    pub(super) message: Arc<Message>,
    /// Seconds until then.
    pub(super) delay: u32,
}

impl Session {
    /// Whether `link` is the session's connection now, not one that was replaced.
    pub(super) fn is_on(&self, link: &Arc<Link>) -> bool {
        self.link.as_ref().is_some_and(|own| Arc::ptr_eq(own, link))
    }

    /// What happens to it next by itself.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.expires_at.into_iter().chain(self.will_at).min()
    }
}
