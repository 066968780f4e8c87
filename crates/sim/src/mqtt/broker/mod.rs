//! The sessions of the whole cluster, and everything that is done to them.

mod arrival;
mod population;
mod pubsub;

pub(super) use arrival::Arrival;
pub(crate) use population::Connected;
pub(super) use pubsub::Wish;

use super::delivery::Delivered;
use super::link::Link;
use super::message::Message;
use super::session::{Session, SessionId, Will};
use super::topics::Topics;
use super::wire;
use crate::population::Totals;
use crate::rng::Rng;
use emqx_rebalance_core::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What became of clients and messages so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MqttTotals {
    /// Clients that were let in.
    pub connects: u64,
    /// Clients that a node refused because of a rebalance or an evacuation.
    pub refused: u64,
    /// Sessions that were there when their client came back.
    pub resumed: u64,
    /// Connections that ended because the same client id connected again.
    pub takeovers: u64,
    /// Sessions that ended because their client stayed away too long.
    pub expired: u64,
    /// Messages that clients published.
    pub published: u64,
    /// Messages sent to subscribers, without repetitions.
    pub delivered: u64,
    /// Messages that a full queue or a client that does not read cost, or that were too large.
    pub dropped: u64,
}

/// The cluster's sessions, shared by all its connections and by the rules of rebalancing.
///
/// Its lock is never held while the simulation's is waited for; the other way round is fine.
#[derive(Debug)]
pub(crate) struct Broker(Mutex<State>);

#[derive(Debug)]
pub(super) struct State {
    sessions: BTreeMap<SessionId, Box<Session>>,
    by_client: BTreeMap<Arc<str>, SessionId>,
    nodes: Vec<Home>,
    topics: Topics,
    retained: BTreeMap<Arc<str>, Arc<Message>>,
    /// When which session wants attention.
    due: BTreeSet<(Timestamp, SessionId)>,
    next_session: u64,
    rng: Rng,
    /// EMQX's version.
    release: String,
    /// The properties of CONNACK.
    offers: Vec<u8>,
    totals: Totals,
    mqtt: MqttTotals,
}

/// The sessions of one node.
#[derive(Debug, Default)]
struct Home {
    connected: BTreeSet<SessionId>,
    away: BTreeSet<SessionId>,
}

/// How a client left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Farewell {
    /// With a DISCONNECT: no will is published.
    Said,
    /// Without, or with one that asks for the will.
    Missed,
}

impl Broker {
    /// No sessions on any of `nodes` nodes of EMQX `version`.
    pub(crate) fn new(nodes: usize, version: &str, seed: u64) -> Self {
        Self(Mutex::new(State {
            sessions: BTreeMap::new(),
            by_client: BTreeMap::new(),
            nodes: std::iter::repeat_with(Home::default).take(nodes).collect(),
            topics: Topics::default(),
            retained: BTreeMap::new(),
            due: BTreeSet::new(),
            next_session: 0,
            rng: Rng::new(seed),
            release: version.to_owned(),
            offers: wire::offers(version),
            totals: Totals::default(),
            mqtt: MqttTotals::default(),
        }))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left a session in a state that is at worst unfair to its client.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of clients and messages so far.
    pub(crate) fn totals(&self) -> MqttTotals {
        self.state().mqtt
    }

    /// Messages that sessions still owe their clients.
    pub(crate) fn owed(&self) -> usize {
        self.state().sessions.values().map(|session| session.delivery.owed()).sum()
    }
}

impl State {
    /// The session `id`, if `link` is its connection now.
    fn on(&mut self, id: SessionId, link: &Arc<Link>) -> Option<&mut Session> {
        self.sessions.get_mut(&id).map(|session| &mut **session).filter(|s| s.is_on(link))
    }

    /// Takes in that a connection ended. Does nothing if the session has another one by now.
    pub(super) fn left(
        &mut self,
        now: Timestamp,
        id: SessionId,
        link: &Arc<Link>,
        farewell: Farewell,
    ) {
        if self.on(id, link).is_some() {
            self.detach(now, id, farewell);
        }
    }

    /// Takes a session's connection away: it waits for its client, or it ends.
    fn detach(&mut self, now: Timestamp, id: SessionId, farewell: Farewell) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.link = None;
        if farewell == Farewell::Said {
            session.will = None;
        }
        if !session.expiry.is_persistent() {
            self.end(now, id);
            return;
        }
        session.expires_at = session.expiry.after(now);
        let delay = session.will.as_ref().map(|will| u64::from(will.delay) * 1000);
        session.will_at = delay.map(|delay| now.plus_ms(delay));
        self.due.extend(session.due().map(|due| (due, id)));
        let node = session.node;
        if let Some(home) = self.nodes.get_mut(node) {
            home.connected.remove(&id);
            home.away.insert(id);
        }
        if delay == Some(0) {
            self.attend(now, id);
        }
    }

    /// Ends a session for good: its will is published, its subscriptions are gone.
    fn end(&mut self, now: Timestamp, id: SessionId) {
        if let Some(will) = self.remove(id).and_then(|session| session.will) {
            self.publish_will(now, *will);
        }
    }

    /// Takes a session out, without a word to anybody.
    fn remove(&mut self, id: SessionId) -> Option<Box<Session>> {
        let session = self.sessions.remove(&id)?;
        self.due.remove(&(session.due().unwrap_or_default(), id));
        if let Some(home) = self.nodes.get_mut(session.node) {
            home.connected.remove(&id);
            home.away.remove(&id);
        }
        self.by_client.remove(&session.client_id);
        for filter in &session.filters {
            self.topics.unsubscribe(filter, id);
        }
        Some(session)
    }

    /// Does what is due to the session of a client that is away.
    fn attend(&mut self, now: Timestamp, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        self.due.remove(&(session.due().unwrap_or_default(), id));
        if session.expires_at.is_some_and(|at| at <= now) {
            self.mqtt.expired += 1;
            self.end(now, id);
            return;
        }
        let will = session.will_at.take_if(|at| *at <= now).and_then(|_| session.will.take());
        self.due.extend(session.due().map(|due| (due, id)));
        if let Some(will) = will {
            self.publish_will(now, *will);
        }
    }

    fn publish_will(&mut self, now: Timestamp, will: Will) {
        self.publish(now, &will.message, None);
    }

    fn note(&mut self, delivered: Delivered) {
        match delivered {
            Delivered::Sent => self.mqtt.delivered += 1,
            Delivered::Queued => {}
            Delivered::Dropped => self.mqtt.dropped += 1,
        }
    }
}
