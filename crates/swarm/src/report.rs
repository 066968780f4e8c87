//! What a swarm has seen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a swarm has seen since it started. All counts are of the whole swarm and only grow, but
/// `connected` and `messages.missing`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Report {
    /// Version of this JSON: 1.
    pub version: u32,
    /// Whether this is the last one.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Milliseconds since the start.
    pub elapsed_ms: u64,
    /// Clients in the swarm.
    pub clients: u64,
    /// Clients with a connection that the broker accepted, now; in the last report when the end
    /// began.
    pub connected: u64,
    /// Milliseconds from the start until every client had been connected once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_connected_ms: Option<u64>,
    /// Attempts to connect.
    pub connects: Connects,
    /// Connections lost, by reason: `v5_0x9c` is an MQTT 5 DISCONNECT with that code, `closed` a
    /// bare close, `reset` a broken connection, `no_ping_response`, `malformed` a packet that is not
    /// MQTT.
    pub disconnects: BTreeMap<String, u64>,
    /// Connections regained.
    pub reconnects: Reconnects,
    /// Sessions that outlive their connection.
    pub sessions: Sessions,
    /// Messages between pairs.
    pub messages: Messages,
}

/// Attempts to connect.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Connects {
    /// CONNACK with success, the first of a client and later ones.
    pub accepted: u64,
    /// CONNACK with a refusal, by code: `v5_0x9c` (use another server), `v3_3` (unavailable).
    pub refused: BTreeMap<String, u64>,
    /// No CONNACK: `refused` (no one listens), `timed_out`, `closed`, `reset`, `malformed`, `other`.
    pub failed: BTreeMap<String, u64>,
    /// From the begin of a connection to its CONNACK, when accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<Millis>,
}

/// Connections regained.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Reconnects {
    /// How many.
    pub count: u64,
    /// Clients that lost their connection and never come back, as `reconnect.profile` says.
    #[serde(default)]
    pub stayed_away: u64,
    /// From the loss of a connection to the CONNACK of the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<Millis>,
}

/// Sessions that outlive their connection, as the broker says in its CONNACK.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sessions {
    /// Clients that have one.
    pub persistent: u64,
    /// Reconnects that found the session.
    pub kept: u64,
    /// Reconnects that should have found it and did not.
    pub lost: u64,
    /// Sessions found although the client had asked for none.
    pub unexpected: u64,
}

/// QoS 1 messages, each from a client to its neighbour.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Messages {
    /// Messages published, each counted once however often it was sent.
    pub sent: u64,
    /// Messages that the broker acknowledged: from here on it must not lose them.
    pub acknowledged: u64,
    /// Messages received, each counted once.
    pub received: u64,
    /// Deliveries of a message that had been received before. QoS 1 allows them.
    pub duplicated: u64,
    /// Messages received after one that was published later.
    pub out_of_order: u64,
    /// Acknowledged, for a client with a session, and not received: in the last report these are
    /// lost.
    pub missing: u64,
    /// Acknowledged and not received by a client that was away without a session, which MQTT allows,
    /// or that stays away.
    pub missed: u64,
    /// Messages that are not of this swarm.
    pub foreign: u64,
    /// Publishes and subscriptions that the broker refused.
    pub refused: u64,
}

/// A summary of times in milliseconds. Percentiles are at most 1 % too high.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Millis {
    /// How many.
    pub count: u64,
    /// Half take no longer.
    pub p50: u64,
    /// 90 % take no longer.
    pub p90: u64,
    /// 99 % take no longer.
    pub p99: u64,
    /// The longest, exact.
    pub max: u64,
}
