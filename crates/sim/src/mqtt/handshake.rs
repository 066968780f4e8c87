//! CONNECT: whether a client is let in, and as whom.

use super::broker::Arrival;
use super::delivery::MAX_INFLIGHT;
use super::frame::Fault;
use super::host::Host;
use super::link::Link;
use super::message::{self, Message};
use super::requests::Client;
use super::session::{Expiry, Will};
use super::wire::{self, Version};
use emqx_rebalance_core::Timestamp;
use mqtt5_protocol::packet::connect::ConnectPacket;
use mqtt5_protocol::topic_matching::is_valid_topic;
use mqtt5_protocol::{Properties, PropertyId};
use std::sync::Arc;
use std::time::Duration;

/// What became of a CONNECT.
pub(super) enum Answer {
    Welcome(Client),
    /// The bytes to send before the connection is closed.
    Refusal(Vec<u8>),
}

/// Lets a client in, unless the node sends clients away.
///
/// # Errors
/// The CONNECT contradicts itself.
pub(super) fn greet(host: &Host, connect: ConnectPacket) -> Result<Answer, Fault> {
    let version = if connect.protocol_version == 5 { Version::V5 } else { Version::V3 };
    if version == Version::V3 && connect.client_id.is_empty() && !connect.clean_start {
        return Ok(refusal(version, CLIENT_ID_INVALID, IDENTIFIER_REJECTED));
    }
    let keep_alive = patience(connect.keep_alive);
    let limit = message::number(&connect.properties, PropertyId::MaximumPacketSize);
    let link = Arc::new(Link::new(version, limit.unwrap_or(u32::MAX)));
    let arrival = arrival(host.shared.now(), version, connect)?;
    // Both locks at once, so that nobody slips into a node that began to refuse a moment ago.
    let simulation = host.shared.at_present();
    let mut broker = host.broker.state();
    if !simulation.cluster.door(host.node).accepts {
        broker.refuse();
        return Ok(refusal(version, USE_ANOTHER_SERVER, SERVER_UNAVAILABLE));
    }
    let id = broker.arrive(simulation.cluster.now(), host.node, arrival, &link);
    Ok(Answer::Welcome(Client::new(id, link, keep_alive)))
}

fn refusal(version: Version, reason: u8, code: u8) -> Answer {
    let mut bytes = Vec::new();
    wire::refuse(&mut bytes, version, reason, code);
    Answer::Refusal(bytes)
}

/// How long a client may be silent that promised to speak every `seconds`: half as long again.
fn patience(seconds: u16) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_millis(u64::from(seconds) * 1500))
}

fn arrival(now: Timestamp, version: Version, connect: ConnectPacket) -> Result<Arrival, Fault> {
    let window = message::number(&connect.properties, PropertyId::ReceiveMaximum);
    if window == Some(0) {
        return Err(Fault::Protocol);
    }
    Ok(Arrival {
        expiry: expiry(version, connect.clean_start, &connect.properties),
        window: window.and_then(|w| u16::try_from(w).ok()).unwrap_or(MAX_INFLIGHT),
        clean_start: connect.clean_start,
        will: will(now, &connect)?,
        client_id: Some(connect.client_id).filter(|id| !id.is_empty()),
    })
}

fn expiry(version: Version, clean: bool, properties: &Properties) -> Expiry {
    match version {
        Version::V3 if clean => Expiry(0),
        Version::V3 => Expiry::DEFAULT,
        Version::V5 => Expiry(properties.get_session_expiry_interval().unwrap_or(0)),
    }
}

fn will(now: Timestamp, connect: &ConnectPacket) -> Result<Option<Box<Will>>, Fault> {
    let Some(will) = &connect.will else { return Ok(None) };
    if will.topic.is_empty() || !is_valid_topic(&will.topic) {
        return Err(Fault::Topic);
    }
    let message = Message {
        topic: will.topic.as_str().into(),
        payload: will.payload.clone().into(),
        qos: will.qos as u8,
        retain: will.retain,
        properties: message::passed_on(&connect.will_properties)?,
        expires_at: message::expiry(now, &connect.will_properties),
    };
    let delay = message::number(&connect.will_properties, PropertyId::WillDelayInterval);
    Ok(Some(Box::new(Will { message: Arc::new(message), delay: delay.unwrap_or(0) })))
}

const CLIENT_ID_INVALID: u8 = 0x85;
const USE_ANOTHER_SERVER: u8 = 0x9c;
const IDENTIFIER_REJECTED: u8 = 2;
const SERVER_UNAVAILABLE: u8 = 3;
