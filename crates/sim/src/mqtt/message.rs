//! A publication, shared by everyone who gets it.

use super::frame::Fault;
use bytes::Bytes;
use emqx_rebalance_core::Timestamp;
use mqtt5_protocol::packet::publish::PublishPacket;
use mqtt5_protocol::topic_matching::is_valid_topic;
use mqtt5_protocol::{Properties, PropertyId, PropertyValue};
use std::num::NonZeroU32;
use std::sync::Arc;

/// What was published, as it goes on to subscribers.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) topic: Arc<str>,
    pub(super) payload: Bytes,
    pub(super) qos: u8,
    pub(super) retain: bool,
    /// MQTT 5 properties that go on to subscribers, encoded, without the expiry.
    pub(super) properties: Box<[u8]>,
    pub(super) expires_at: Option<Timestamp>,
}

/// A message on its way to one subscriber.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) message: Arc<Message>,
    pub(super) qos: u8,
    pub(super) retain: bool,
    pub(super) subscription_id: Option<NonZeroU32>,
}

impl Message {
    /// The message in `packet`, published to `topic` at `now`.
    ///
    /// # Errors
    /// `topic` cannot be published to, or the properties cannot be passed on.
    pub(super) fn new(
        now: Timestamp,
        topic: Arc<str>,
        packet: PublishPacket,
    ) -> Result<Self, Fault> {
        if topic.is_empty() || !is_valid_topic(&topic) {
            return Err(Fault::Topic);
        }
        Ok(Self {
            topic,
            payload: packet.payload,
            qos: packet.qos as u8,
            retain: packet.retain,
            properties: passed_on(&packet.properties)?,
            expires_at: expiry(now, &packet.properties),
        })
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// When a message with these properties expires.
pub(super) fn expiry(now: Timestamp, properties: &Properties) -> Option<Timestamp> {
    let seconds = properties.get_message_expiry_interval()?;
    Some(now.plus_ms(u64::from(seconds) * 1000))
}

/// The properties that go on to subscribers, encoded without their length.
pub(super) fn passed_on(properties: &Properties) -> Result<Box<[u8]>, Fault> {
    let mut kept = Properties::new();
    for (id, value) in properties.iter().filter(|(id, _)| goes_on(*id)) {
        kept.add(id, value.clone()).map_err(|_| Fault::Malformed)?;
    }
    if kept.is_empty() {
        return Ok(Box::default());
    }
    let mut bytes = Vec::new();
    kept.encode_direct(&mut bytes).map_err(|_| Fault::Malformed)?;
    let length_bytes = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    Ok(bytes.split_off(length_bytes.min(bytes.len())).into())
}

fn goes_on(id: PropertyId) -> bool {
    matches!(
        id,
        PropertyId::PayloadFormatIndicator
            | PropertyId::ContentType
            | PropertyId::ResponseTopic
            | PropertyId::CorrelationData
            | PropertyId::UserProperty
    )
}

/// A property that is a number, of any width.
pub(super) fn number(properties: &Properties, id: PropertyId) -> Option<u32> {
    match properties.get(id)? {
        PropertyValue::Byte(value) => Some((*value).into()),
        PropertyValue::TwoByteInteger(value) => Some((*value).into()),
        PropertyValue::FourByteInteger(value) | PropertyValue::VariableByteInteger(value) => {
            Some(*value)
        }
        _ => None,
    }
}
