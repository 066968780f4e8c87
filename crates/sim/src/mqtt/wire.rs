//! What the nodes send, in EMQX's bytes.
//!
//! Written here and not by the codec, since the codec keeps properties in no order, and EMQX's
//! CONNACK has one; and so that a message is encoded from shared parts.

use super::message::Outgoing;
use emqx_rebalance_core::{EmqxVersion, Timestamp};

/// How a client speaks: 3.1 and 3.1.1 are answered alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    V3,
    V5,
}

impl Version {
    pub(super) const fn level(self) -> u8 {
        match self {
            Self::V3 => 4,
            Self::V5 => 5,
        }
    }
}

/// Properties of every CONNACK of MQTT 5, as recorded: Maximum Packet Size, Retain, Shared
/// Subscription, Subscription Identifier, Topic Alias Maximum, Wildcard Subscription.
const OFFERS: &[u8] = &[
    0x27, 0x00, 0x10, 0x00, 0x00, 0x25, 0x01, 0x2a, 0x01, 0x29, 0x01, 0x22, 0xff, 0xff, 0x28, 0x01,
];
/// Receive Maximum 32 before them: in the recordings of 5.8.8, not in those of 5.3.2.
const RECEIVE_MAXIMUM: &[u8] = &[0x21, 0x00, 0x20];

/// Whether this release's CONNACK says how many publications of QoS 1 and 2 a client may have under
/// way.
fn has_maximum(version: &str) -> bool {
    EmqxVersion::parse(version).is_some_and(|version| version >= EmqxVersion::new(5, 4, 0))
}

/// How many publications of QoS 2 a client may have under way that it has not released: as many as
/// the CONNACK says, else EMQX's `max_awaiting_rel`. Those of QoS 1 are acknowledged as they come.
/// Source: `emqx_channel.erl`, which ends the connection with 0x93. Whether EMQX holds clients of
/// MQTT 3 to the announced number, which they do not hear, nobody recorded: not here.
pub(super) fn most_unreleased(release: &str, version: Version) -> usize {
    if version == Version::V5 && has_maximum(release) { 32 } else { 100 }
}

/// The properties of this release's CONNACK.
pub(super) fn offers(version: &str) -> Vec<u8> {
    if has_maximum(version) { [RECEIVE_MAXIMUM, OFFERS].concat() } else { OFFERS.to_vec() }
}

/// A CONNACK that lets the client in. `assigned` is the client id, if the node made it up.
pub(super) fn accept(
    out: &mut Vec<u8>,
    version: Version,
    present: bool,
    offers: &[u8],
    assigned: Option<&str>,
) {
    if version == Version::V3 {
        out.extend_from_slice(&[CONNACK, 2, present.into(), 0]);
        return;
    }
    let mut properties = offers.to_vec();
    if let Some(id) = assigned {
        properties.push(0x12);
        put_text(&mut properties, id);
    }
    let mut body = vec![present.into(), 0];
    put_length(&mut body, properties.len());
    body.extend_from_slice(&properties);
    put_packet(out, CONNACK, &body);
}

/// A CONNACK that does not: `reason` for MQTT 5, `code` for 3.
pub(super) fn refuse(out: &mut Vec<u8>, version: Version, reason: u8, code: u8) {
    match version {
        Version::V5 => out.extend_from_slice(&[CONNACK, 3, 0, reason, 0]),
        Version::V3 => out.extend_from_slice(&[CONNACK, 2, 0, code]),
    }
}

/// A DISCONNECT, which only MQTT 5 has from servers.
pub(super) fn disconnect(out: &mut Vec<u8>, version: Version, reason: u8) {
    if version == Version::V5 {
        out.extend_from_slice(&[0xe0, 2, reason, 0]);
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
pub(super) fn acknowledge(
    out: &mut Vec<u8>,
    version: Version,
    packet: Acknowledge,
    id: u16,
    reason: u8,
) {
    let [high, low] = id.to_be_bytes();
    if reason == 0 || version == Version::V3 {
        out.extend_from_slice(&[packet as u8, 2, high, low]);
    } else {
        out.extend_from_slice(&[packet as u8, 3, high, low, reason]);
    }
}

/// The first byte of an acknowledgement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Acknowledge {
    Ack = 0x40,
    Received = 0x50,
    Release = 0x62,
    Complete = 0x70,
}

/// SUBACK with a code for each filter.
pub(super) fn subscribed(out: &mut Vec<u8>, version: Version, id: u16, codes: &[u8]) {
    let mut body = id.to_be_bytes().to_vec();
    match version {
        Version::V5 => {
            body.push(0);
            body.extend_from_slice(codes);
        }
        Version::V3 => body.extend(codes.iter().map(|code| if *code < 3 { *code } else { 0x80 })),
    }
    put_packet(out, 0x90, &body);
}

/// UNSUBACK; MQTT 3 has no codes in it.
pub(super) fn unsubscribed(out: &mut Vec<u8>, version: Version, id: u16, codes: &[u8]) {
    let mut body = id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
        body.extend_from_slice(codes);
    }
    put_packet(out, 0xb0, &body);
}

/// PINGRESP.
pub(super) fn pong(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xd0, 0]);
}

/// PUBLISH. `id` counts for QoS 1 and 2 only.
pub(super) fn publish(
    out: &mut Vec<u8>,
    version: Version,
    now: Timestamp,
    outgoing: &Outgoing,
    id: u16,
    dup: bool,
) {
    let message = &outgoing.message;
    let mut head = Vec::new();
    put_text(&mut head, &message.topic);
    if outgoing.qos > 0 {
        head.extend_from_slice(&id.to_be_bytes());
    }
    if version == Version::V5 {
        let properties = properties(now, outgoing);
        put_length(&mut head, properties.len());
        head.extend_from_slice(&properties);
    }
    let flags = u8::from(dup) << 3 | outgoing.qos << 1 | u8::from(outgoing.retain);
    out.push(0x30 | flags);
    put_length(out, head.len() + message.payload.len());
    out.extend_from_slice(&head);
    out.extend_from_slice(&message.payload);
}

fn properties(now: Timestamp, outgoing: &Outgoing) -> Vec<u8> {
    let mut properties = outgoing.message.properties.to_vec();
    if let Some(at) = outgoing.message.expires_at {
        let left = u32::try_from(at.ms_since(now).div_ceil(1000)).unwrap_or(u32::MAX);
        properties.push(0x02);
        properties.extend_from_slice(&left.to_be_bytes());
    }
    if let Some(id) = outgoing.subscription_id {
        properties.push(0x0b);
        put_length(&mut properties, id.get() as usize);
    }
    properties
}

fn put_packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    put_length(out, body.len());
    out.extend_from_slice(body);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // Whatever is written here was read from such a field, so it fits one.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// MQTT's variable byte integer.
pub(super) fn put_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let byte = u8::try_from(length % 128).unwrap_or_default();
        length /= 128;
        out.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            return;
        }
    }
}

const CONNACK: u8 = 0x20;
