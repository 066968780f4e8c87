//! What a client says and hears, in MQTT 3.1.1 and 5.

use crate::config::SwarmConfig;
use crate::identity::Identity;
use mqtt5_protocol::packet::MqttPacket;
use mqtt5_protocol::packet::connect::ConnectPacket;
use mqtt5_protocol::packet::disconnect::DisconnectPacket;
use mqtt5_protocol::packet::puback::PubAckPacket;
use mqtt5_protocol::packet::publish::PublishPacket;
use mqtt5_protocol::packet::subscribe::SubscribePacket;
use mqtt5_protocol::{ConnectOptions, FixedHeader, Packet, ProtocolVersion, QoS};
use std::time::Duration;

/// What a broker said, as far as a client of this swarm cares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Incoming {
    /// CONNACK. The code is that of the client's MQTT version.
    Connected { session_present: bool, code: u8 },
    /// PUBLISH with the message's number, if it has one.
    Message { id: Option<u16>, number: Option<u32> },
    /// PUBACK.
    Acknowledged { id: u16, is_accepted: bool },
    /// SUBACK.
    Subscribed { is_accepted: bool },
    /// PINGRESP.
    Pong,
    /// DISCONNECT of MQTT 5.
    Disconnected { code: u8 },
    /// Anything else.
    Other,
}

/// Bytes that are not MQTT, or more than a broker may send here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed;

/// The CONNECT of a client.
pub(crate) fn connect(identity: &Identity, config: &SwarmConfig) -> Vec<u8> {
    let mut options = ConnectOptions::new(identity.client_id(&config.client_id_prefix))
        .with_protocol_version(identity.version)
        .with_keep_alive(Duration::from_secs(config.keep_alive_s.into()))
        .with_clean_start(!identity.is_persistent);
    if identity.is_persistent && identity.is_v5() {
        options = options.with_session_expiry_interval(config.session_expiry_s);
    }
    encoded(&match identity.version {
        ProtocolVersion::V5 => ConnectPacket::new(options),
        ProtocolVersion::V311 => ConnectPacket::new_v311(options),
    })
}

/// The SUBSCRIBE of a subscriber, QoS 1.
pub(crate) fn subscribe(identity: &Identity, topic: String) -> Vec<u8> {
    let packet = match identity.version {
        ProtocolVersion::V5 => SubscribePacket::new(SUBSCRIBE_ID),
        ProtocolVersion::V311 => SubscribePacket::new_v311(SUBSCRIBE_ID),
    };
    encoded(&packet.add_filter(topic, QoS::AtLeastOnce))
}

/// The PUBLISH of message `number`, QoS 1. `is_again`: it may have arrived before.
pub(crate) fn publish(
    identity: &Identity,
    config: &SwarmConfig,
    number: u32,
    is_again: bool,
) -> Vec<u8> {
    let topic = identity.topic(&config.client_id_prefix);
    let mut payload = format!("{number} ").into_bytes();
    payload.resize(config.payload_bytes, b'.');
    let packet = match identity.version {
        ProtocolVersion::V5 => PublishPacket::new(topic, payload, QoS::AtLeastOnce),
        ProtocolVersion::V311 => PublishPacket::new_v311(topic, payload, QoS::AtLeastOnce),
    };
    encoded(&packet.with_packet_id(packet_id(number)).with_dup(is_again))
}

/// The PUBACK of packet `id`.
pub(crate) fn acknowledge(id: u16) -> Vec<u8> {
    encoded(&PubAckPacket::new(id))
}

/// A DISCONNECT that ends the connection as it should be.
pub(crate) fn disconnect() -> Vec<u8> {
    encoded(&DisconnectPacket::normal())
}

/// The packet id of message `number`: 1 to 65,535, the same each time it is sent.
pub(crate) fn packet_id(number: u32) -> u16 {
    u16::try_from(number % u32::from(u16::MAX)).map_or(1, |id| id.saturating_add(1))
}

/// Takes the first packet from `bytes` and says how long it was; `None` if it is not complete.
pub(crate) fn next(
    bytes: &[u8],
    version: ProtocolVersion,
) -> Result<Option<(Incoming, usize)>, Malformed> {
    let Some(frame) = frame_len(bytes)?.and_then(|len| bytes.get(..len)) else { return Ok(None) };
    let mut rest = frame;
    let header = FixedHeader::decode(&mut rest).map_err(|_| Malformed)?;
    let kind = header.packet_type;
    let code = rest.get(1).copied().unwrap_or(0);
    let packet = Packet::decode_from_body_with_version(kind, &header, &mut rest, version.as_u8());
    Ok(Some((understand(packet.map_err(|_| Malformed)?, code), frame.len())))
}

fn understand(packet: Packet, second_byte: u8) -> Incoming {
    match packet {
        Packet::ConnAck(ack) => {
            Incoming::Connected { session_present: ack.session_present, code: second_byte }
        }
        Packet::Publish(publish) => {
            Incoming::Message { id: publish.packet_id, number: number(&publish.payload) }
        }
        Packet::PubAck(ack) => Incoming::Acknowledged {
            id: ack.packet_id,
            is_accepted: u8::from(ack.reason_code) < FIRST_ERROR,
        },
        Packet::SubAck(ack) => Incoming::Subscribed {
            is_accepted: ack.reason_codes.iter().all(|code| code.is_success()),
        },
        Packet::PingResp => Incoming::Pong,
        Packet::Disconnect(disconnect) => {
            Incoming::Disconnected { code: u8::from(disconnect.reason_code) }
        }
        _ => Incoming::Other,
    }
}

/// The number that a message starts with.
fn number(payload: &[u8]) -> Option<u32> {
    let digits = payload.split(|byte| *byte == b' ').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Length of the first packet, `None` if it is not all there.
fn frame_len(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let mut remaining = 0;
    for (place, byte) in bytes.iter().skip(1).take(MAX_LENGTH_BYTES).enumerate() {
        remaining |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let len = 2 + place + remaining;
            return if len > MAX_PACKET {
                Err(Malformed)
            } else {
                Ok((bytes.len() >= len).then_some(len))
            };
        }
    }
    if bytes.len() > MAX_LENGTH_BYTES { Err(Malformed) } else { Ok(None) }
}

fn encoded(packet: &impl MqttPacket) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Only a packet over 256 MiB cannot be written; the bounds of the configuration exclude it.
    let written = packet.encode(&mut bytes);
    debug_assert!(written.is_ok(), "{written:?}");
    bytes
}

/// A PINGREQ.
pub(crate) const PING: [u8; 2] = [0xC0, 0];
/// A client subscribes once, so its packet id is always the same.
const SUBSCRIBE_ID: u16 = 1;
/// The first reason code of MQTT 5 that is an error.
const FIRST_ERROR: u8 = 0x80;
/// Bytes of MQTT's remaining length.
const MAX_LENGTH_BYTES: usize = 4;
/// Larger than any answer or message of a swarm.
const MAX_PACKET: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8], version: ProtocolVersion) -> Result<Option<Incoming>, Malformed> {
        Ok(next(bytes, version)?.map(|(incoming, len)| {
            assert_eq!(len, bytes.len());
            incoming
        }))
    }

    #[test]
    fn recorded_refusals_and_evictions_are_understood() {
        let v5 = heard(&[0x20, 3, 0, 0x9C, 0], ProtocolVersion::V5);
        assert_eq!(v5, Ok(Some(Incoming::Connected { session_present: false, code: 0x9C })));
        let v3 = heard(&[0x20, 2, 0, 3], ProtocolVersion::V311);
        assert_eq!(v3, Ok(Some(Incoming::Connected { session_present: false, code: 3 })));
        let evicted = heard(&[0xE0, 2, 0x9C, 0], ProtocolVersion::V5);
        assert_eq!(evicted, Ok(Some(Incoming::Disconnected { code: 0x9C })));
    }

    #[test]
    fn a_message_keeps_its_number_in_both_versions() {
        for v5 in [0.0, 1.0] {
            let config = SwarmConfig { v5, publish_rate: 1.0, ..SwarmConfig::default() };
            let identity = Identity::new(0, &config);
            let bytes = publish(&identity, &config, 4_294_967_295, true);
            let message = Incoming::Message { id: Some(1), number: Some(u32::MAX) };
            assert_eq!(heard(&bytes, identity.version), Ok(Some(message)));
            for len in 0..bytes.len() {
                assert_eq!(next(&bytes[..len], identity.version), Ok(None), "{len}");
            }
        }
    }

    #[test]
    fn packet_ids_are_never_zero() {
        for number in [0, 1, 65_534, 65_535, 65_536, u32::MAX] {
            assert_ne!(packet_id(number), 0);
        }
    }

    #[test]
    fn bytes_that_are_not_mqtt_are_malformed_and_never_panic() {
        assert_eq!(frame_len(&[0x30, 0xff, 0xff, 0xff, 0xff, 1]), Err(Malformed));
        assert_eq!(frame_len(&[0x30, 0xff, 0xff, 0xff, 0x7f]), Err(Malformed));
        assert_eq!(heard(&[0, 0], ProtocolVersion::V5), Err(Malformed));
        for first in 0..=255 {
            for second in [0, 1, 2, 3, 5] {
                let mut bytes = vec![0xff; usize::from(second) + 2];
                bytes[0] = first;
                bytes[1] = second;
                _ = next(&bytes, ProtocolVersion::V5);
                _ = next(&bytes, ProtocolVersion::V311);
            }
        }
    }
}
