//! What a client that was let in asks for.

use super::broker::Wish;
use super::frame::Fault;
use super::host::Host;
use super::link::Link;
use super::message::{self, Message};
use super::session::{Expiry, SessionId};
use super::topics;
use super::wire::{self, Acknowledge, Version};
use mqtt5_protocol::PropertyId;
use mqtt5_protocol::packet::Packet;
use mqtt5_protocol::packet::disconnect::DisconnectPacket;
use mqtt5_protocol::packet::publish::PublishPacket;
use mqtt5_protocol::packet::subscribe::{SubscribePacket, TopicFilter};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// A client that was let in.
pub(super) struct Client {
    pub(super) id: SessionId,
    pub(super) link: Arc<Link>,
    /// How long it may be silent.
    pub(super) keep_alive: Option<Duration>,
    /// Whether it took its leave, so that its will is not published.
    pub(super) said_farewell: bool,
    aliases: BTreeMap<u16, Arc<str>>,
}

impl Client {
    pub(super) fn new(id: SessionId, link: Arc<Link>, keep_alive: Option<Duration>) -> Self {
        Self { id, link, keep_alive, said_farewell: false, aliases: BTreeMap::new() }
    }

    fn answer(&self, packet: Acknowledge, id: u16, reason: u8) {
        self.link.send(|out, version| wire::acknowledge(out, version, packet, id, reason));
    }
}

/// Does what `packet` asks for. Whether the connection is to be closed.
///
/// # Errors
/// The packet is none that this client may send now.
pub(super) fn carry_out(host: &Host, client: &mut Client, packet: Packet) -> Result<bool, Fault> {
    let mut broker = host.broker.state();
    let (id, link) = (client.id, &client.link);
    match packet {
        Packet::Publish(packet) => {
            drop(broker);
            publish(host, client, packet)?;
        }
        Packet::PubAck(ack) => broker.acknowledged(host.shared.now(), id, link, ack.packet_id),
        Packet::PubComp(ack) => broker.acknowledged(host.shared.now(), id, link, ack.packet_id),
        Packet::PubRec(ack) => {
            let known = broker.received(id, link, ack.packet_id);
            client.answer(Acknowledge::Release, ack.packet_id, unknown_unless(known));
        }
        Packet::PubRel(ack) => {
            let known = broker.redeem(id, link, ack.packet_id);
            client.answer(Acknowledge::Complete, ack.packet_id, unknown_unless(known));
        }
        Packet::Subscribe(packet) => {
            broker.subscribe(host.shared.now(), id, link, wish(packet)?);
        }
        Packet::Unsubscribe(packet) => {
            broker.unsubscribe(id, link, packet.packet_id, &packet.filters);
        }
        Packet::PingReq => drop(link.send(|out, _| wire::pong(out))),
        Packet::Disconnect(packet) => {
            if let Some(expiry) = packet.properties.get_session_expiry_interval() {
                broker.set_expiry(id, link, Expiry(expiry));
            }
            client.said_farewell = is_farewell(&packet);
            return Ok(true);
        }
        _ => return Err(Fault::Protocol),
    }
    Ok(false)
}

fn is_farewell(packet: &DisconnectPacket) -> bool {
    packet.reason_code as u8 != DISCONNECT_WITH_WILL
}

fn wish(packet: SubscribePacket) -> Result<Wish, Fault> {
    let id = message::number(&packet.properties, PropertyId::SubscriptionIdentifier);
    if packet.packet_id == 0 || id == Some(0) {
        return Err(Fault::Protocol);
    }
    // MQTT 5, 3.8.3.1: no part of a shared subscription may leave out its own publications.
    let contradicts =
        |filter: &TopicFilter| filter.options.no_local && topics::is_shared(&filter.filter);
    if packet.filters.iter().any(contradicts) {
        return Err(Fault::Protocol);
    }
    let subscription_id = id.and_then(NonZeroU32::new);
    Ok(Wish { packet_id: packet.packet_id, filters: packet.filters, subscription_id })
}

fn publish(host: &Host, client: &mut Client, packet: PublishPacket) -> Result<(), Fault> {
    let now = host.shared.now();
    let packet_id = packet.packet_id.unwrap_or_default();
    let qos = packet.qos as u8;
    if qos > 0 && packet_id == 0 {
        return Err(Fault::Protocol);
    }
    let topic = topic(client, &packet)?;
    let message = Arc::new(Message::new(now, topic, packet)?);
    let mut broker = host.broker.state();
    // A client that was sent away meanwhile gets no acknowledgement, so it will publish again.
    let first = qos < 2 || broker.promise(client.id, &client.link, packet_id)?;
    let reached = if first { broker.publish(now, &message, Some(client.id)) } else { 1 };
    drop(broker);
    let reason = if reached == 0 { NO_SUBSCRIBERS } else { 0 };
    match qos {
        0 => {}
        1 => client.answer(Acknowledge::Ack, packet_id, reason),
        _ => client.answer(Acknowledge::Received, packet_id, reason),
    }
    Ok(())
}

/// The topic, which MQTT 5 lets a client abbreviate.
fn topic(client: &mut Client, packet: &PublishPacket) -> Result<Arc<str>, Fault> {
    let topic: Arc<str> = packet.topic_name.as_str().into();
    let alias = packet.topic_alias().filter(|_| client.link.version == Version::V5);
    match alias {
        None => Ok(topic),
        Some(0) => Err(Fault::Protocol),
        Some(alias) if topic.is_empty() => {
            client.aliases.get(&alias).cloned().ok_or(Fault::Protocol)
        }
        Some(alias) => {
            client.aliases.insert(alias, Arc::clone(&topic));
            Ok(topic)
        }
    }
}

fn unknown_unless(known: bool) -> u8 {
    if known { 0 } else { PACKET_ID_UNKNOWN }
}

const DISCONNECT_WITH_WILL: u8 = 0x04;
const NO_SUBSCRIBERS: u8 = 0x10;
const PACKET_ID_UNKNOWN: u8 = 0x92;
