//! Publishing and subscribing.

use super::State;
use crate::mqtt::frame::Fault;
use crate::mqtt::link::Link;
use crate::mqtt::message::{Message, Outgoing};
use crate::mqtt::session::SessionId;
use crate::mqtt::topics::{self, Subscription};
use crate::mqtt::wire;
use emqx_rebalance_core::Timestamp;
use mqtt5_protocol::packet::subscribe::TopicFilter;
use mqtt5_protocol::packet::subscribe_options::RetainHandling;
use mqtt5_protocol::topic_matching::matches;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A SUBSCRIBE.
#[derive(Debug)]
pub(in crate::mqtt) struct Wish {
    pub(in crate::mqtt) packet_id: u16,
    pub(in crate::mqtt) filters: Vec<TopicFilter>,
    pub(in crate::mqtt) subscription_id: Option<NonZeroU32>,
}

impl State {
    /// Hands `message` to everyone who subscribed to its topic, but not to `publisher` where that
    /// said so. How many there were.
    pub(in crate::mqtt) fn publish(
        &mut self,
        now: Timestamp,
        message: &Arc<Message>,
        publisher: Option<SessionId>,
    ) -> usize {
        self.mqtt.published += 1;
        if message.retain {
            self.retain(message);
        }
        let sessions = &self.sessions;
        let is_here = |id| sessions.get(&id).is_some_and(|session| session.link.is_some());
        let subscribers = self.topics.subscribers(&message.topic, is_here);
        let mut reached = 0;
        for to in subscribers {
            if to.no_local && publisher == Some(to.session) {
                continue;
            }
            reached += 1;
            let retain = message.retain && to.retain_as_published;
            self.deliver(now, &to, message, retain);
        }
        reached
    }

    /// A retained message without a payload takes the old one away.
    fn retain(&mut self, message: &Arc<Message>) {
        if message.payload.is_empty() {
            self.retained.remove(&message.topic);
        } else {
            self.retained.insert(Arc::clone(&message.topic), Arc::clone(message));
        }
    }

    fn deliver(&mut self, now: Timestamp, to: &Subscription, message: &Arc<Message>, retain: bool) {
        let Some(session) = self.sessions.get_mut(&to.session) else { return };
        let outgoing = Outgoing {
            message: Arc::clone(message),
            qos: message.qos.min(to.qos),
            retain,
            subscription_id: to.id,
        };
        let delivered = session.delivery.deliver(now, outgoing, session.link.as_deref());
        self.note(delivered);
    }

    /// Carries a SUBSCRIBE out and answers it; retained messages follow the answer.
    pub(in crate::mqtt) fn subscribe(
        &mut self,
        now: Timestamp,
        id: SessionId,
        link: &Arc<Link>,
        wish: Wish,
    ) {
        if self.on(id, link).is_none() {
            return;
        }
        let (mut codes, mut retained) = (Vec::new(), Vec::new());
        for filter in wish.filters {
            if !topics::is_filter(&filter.filter) {
                codes.push(FILTER_INVALID);
                continue;
            }
            let (subscription, new) = self.add(id, &filter, wish.subscription_id);
            codes.push(subscription.qos);
            if wants_retained(&filter, new) {
                retained.extend(self.retained_for(now, &filter.filter, subscription));
            }
        }
        link.send(|out, version| wire::subscribed(out, version, wish.packet_id, &codes));
        for (to, message) in retained {
            self.deliver(now, &to, &message, true);
        }
    }

    fn add(
        &mut self,
        session: SessionId,
        wanted: &TopicFilter,
        id: Option<NonZeroU32>,
    ) -> (Subscription, bool) {
        let subscription = Subscription {
            session,
            qos: (wanted.options.qos as u8).min(2),
            no_local: wanted.options.no_local,
            retain_as_published: wanted.options.retain_as_published,
            id,
        };
        let filter: Arc<str> = wanted.filter.as_str().into();
        let new = self.topics.subscribe(&filter, subscription);
        if let Some(session) = self.sessions.get_mut(&session).filter(|_| new) {
            session.filters.push(filter);
        }
        (subscription, new)
    }

    fn retained_for(
        &self,
        now: Timestamp,
        filter: &str,
        to: Subscription,
    ) -> Vec<(Subscription, Arc<Message>)> {
        let fits =
            |message: &&Arc<Message>| matches(&message.topic, filter) && !message.is_expired(now);
        self.retained.values().filter(fits).map(|message| (to, Arc::clone(message))).collect()
    }

    /// Carries an UNSUBSCRIBE out and answers it.
    pub(in crate::mqtt) fn unsubscribe(
        &mut self,
        id: SessionId,
        link: &Arc<Link>,
        packet_id: u16,
        filters: &[String],
    ) {
        let mut codes = Vec::new();
        for filter in filters {
            let Some(session) = self.on(id, link) else { return };
            let place = session.filters.iter().position(|own| **own == **filter);
            if let Some(place) = place {
                session.filters.swap_remove(place);
                self.topics.unsubscribe(filter, id);
            }
            codes.push(if place.is_some() { 0 } else { NO_SUBSCRIPTION });
        }
        link.send(|out, version| wire::unsubscribed(out, version, packet_id, &codes));
    }

    /// Takes a PUBACK or a PUBCOMP in, and sends what waited for it.
    pub(in crate::mqtt) fn acknowledged(
        &mut self,
        now: Timestamp,
        id: SessionId,
        link: &Arc<Link>,
        packet_id: u16,
    ) {
        let Some(session) = self.on(id, link) else { return };
        let waiting = session.delivery.queued();
        session.delivery.acknowledge(now, packet_id, link);
        let sent = waiting - session.delivery.queued();
        self.mqtt.delivered += sent as u64;
    }

    /// Takes a PUBREC in. Whether the packet id was known.
    pub(in crate::mqtt) fn received(
        &mut self,
        id: SessionId,
        link: &Arc<Link>,
        packet_id: u16,
    ) -> bool {
        self.on(id, link).is_some_and(|session| session.delivery.release(packet_id))
    }

    /// Takes the packet id of a QoS 2 publication in. Whether it is the first of its kind.
    ///
    /// # Errors
    /// The client has too many under way already.
    pub(in crate::mqtt) fn promise(
        &mut self,
        id: SessionId,
        link: &Arc<Link>,
        packet_id: u16,
    ) -> Result<bool, Fault> {
        let most = wire::most_unreleased(&self.release, link.version);
        let Some(session) = self.on(id, link) else { return Ok(false) };
        let received = &mut session.delivery.received;
        if received.len() >= most && !received.contains(&packet_id) {
            return Err(Fault::Quota);
        }
        Ok(received.insert(packet_id))
    }

    /// Takes a PUBREL in. Whether the packet id was known.
    pub(in crate::mqtt) fn redeem(
        &mut self,
        id: SessionId,
        link: &Arc<Link>,
        packet_id: u16,
    ) -> bool {
        self.on(id, link).is_some_and(|session| session.delivery.received.remove(&packet_id))
    }
}

/// Whether a subscription asks for the messages that are retained already.
fn wants_retained(filter: &TopicFilter, new: bool) -> bool {
    !topics::is_shared(&filter.filter)
        && match filter.options.retain_handling {
            RetainHandling::SendAtSubscribe => true,
            RetainHandling::SendAtSubscribeIfNew => new,
            RetainHandling::DoNotSend => false,
        }
}

const FILTER_INVALID: u8 = 0x8f;
const NO_SUBSCRIPTION: u8 = 0x11;
