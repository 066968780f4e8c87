//! A client arrives: its session is found, made or taken over.

use super::{Farewell, Home, State};
use crate::mqtt::delivery::Delivery;
use crate::mqtt::link::Link;
use crate::mqtt::session::{Expiry, Session, SessionId, Will};
use crate::mqtt::wire;
use emqx_rebalance_core::Timestamp;
use std::sync::Arc;

/// What a CONNECT says.
#[derive(Debug)]
pub(in crate::mqtt) struct Arrival {
    /// `None` if the node is to make one up.
    pub(in crate::mqtt) client_id: Option<String>,
    pub(in crate::mqtt) clean_start: bool,
    pub(in crate::mqtt) expiry: Expiry,
    /// How many messages the client takes without acknowledging one.
    pub(in crate::mqtt) window: u16,
    pub(in crate::mqtt) will: Option<Box<Will>>,
}

impl State {
    /// Counts a client that was refused.
    pub(in crate::mqtt) fn refuse(&mut self) {
        self.totals.refused += 1;
        self.mqtt.refused += 1;
    }

    /// Lets a client in on `node`: tells it so, and gives it what it is owed.
    pub(in crate::mqtt) fn arrive(
        &mut self,
        now: Timestamp,
        node: usize,
        arrival: Arrival,
        link: &Arc<Link>,
    ) -> SessionId {
        self.mqtt.connects += 1;
        let assigned = arrival.client_id.is_none();
        let client_id: Arc<str> = match &arrival.client_id {
            Some(id) => id.as_str().into(),
            None => format!("auto-{}", self.rng.hex(20)).into(),
        };
        let found = self.take_over(now, &client_id, arrival.clean_start);
        let id = found.unwrap_or_else(|| self.open(Arc::clone(&client_id), node));
        let assigned = assigned.then_some(&*client_id);
        let offers = &self.offers;
        link.send(|out, version| wire::accept(out, version, found.is_some(), offers, assigned));
        self.attach(now, id, node, arrival, link);
        id
    }

    /// The client's old session, if it is to go on; its old connection ends in any case.
    fn take_over(&mut self, now: Timestamp, client_id: &str, clean: bool) -> Option<SessionId> {
        let id = *self.by_client.get(client_id)?;
        if let Some(link) = self.sessions.get(&id).and_then(|session| session.link.clone()) {
            link.end(SESSION_TAKEN_OVER);
            self.mqtt.takeovers += 1;
            self.detach(now, id, Farewell::Missed);
        }
        if clean {
            self.end(now, id);
        }
        // A session that was to end with its connection is gone by now.
        self.sessions.contains_key(&id).then(|| {
            self.mqtt.resumed += 1;
            id
        })
    }

    fn open(&mut self, client_id: Arc<str>, node: usize) -> SessionId {
        self.next_session += 1;
        let id = SessionId(self.next_session);
        let session = Session {
            client_id: Arc::clone(&client_id),
            node,
            link: None,
            expiry: Expiry(0),
            expires_at: None,
            will_at: None,
            will: None,
            filters: Vec::new(),
            delivery: Delivery::default(),
        };
        self.sessions.insert(id, Box::new(session));
        self.by_client.insert(client_id, id);
        id
    }

    /// Binds a session to `link` on `node`, wherever it lived before.
    fn attach(
        &mut self,
        now: Timestamp,
        id: SessionId,
        node: usize,
        arrival: Arrival,
        link: &Arc<Link>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        self.due.remove(&(session.due().unwrap_or_default(), id));
        if let Some(old) = self.nodes.get_mut(session.node) {
            old.away.remove(&id);
        }
        if let Some(Home { connected, .. }) = self.nodes.get_mut(node) {
            connected.insert(id);
        }
        session.node = node;
        session.link = Some(Arc::clone(link));
        session.expiry = arrival.expiry;
        session.expires_at = None;
        session.will_at = None;
        session.will = arrival.will;
        let waiting = session.delivery.queued();
        session.delivery.resume(now, arrival.window, link);
        let sent = waiting - session.delivery.queued();
        self.mqtt.delivered += sent as u64;
    }

    /// Changes how long a session outlives its connection, as DISCONNECT may in MQTT 5.
    pub(in crate::mqtt) fn set_expiry(&mut self, id: SessionId, link: &Arc<Link>, expiry: Expiry) {
        if let Some(session) = self.on(id, link).filter(|s| s.expiry.is_persistent()) {
            session.expiry = expiry;
        }
    }
}

const SESSION_TAKEN_OVER: u8 = 0x8e;
