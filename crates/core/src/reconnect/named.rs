//! Profiles that users know by name.

use super::{Point, ReconnectProfile};
use serde::{Deserialize, Serialize};

/// A profile with a name: how a client library comes back by its own rules, as its documentation states
/// them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NamedProfile {
    /// ESP-IDF's esp-mqtt: `reconnect_timeout_ms`, 10 s.
    EspMqtt,
    /// MQTT.js: `reconnectPeriod`, 1 s.
    MqttJs,
}

impl NamedProfile {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::EspMqtt, Self::MqttJs];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EspMqtt => "esp_mqtt",
            Self::MqttJs => "mqtt_js",
        }
    }

    /// The profile of that name.
    pub fn profile(self) -> ReconnectProfile {
        let point = |(at_s, share): &(f64, f64)| Point { at_s: *at_s, share: *share };
        ReconnectProfile { name: Some(self), points: self.points().iter().map(point).collect() }
    }

    /// Seconds, and the share that is back by then. A connection takes up to half a second.
    const fn points(self) -> &'static [(f64, f64)] {
        match self {
            Self::EspMqtt => &[(10.0, 0.0), (10.5, 1.0)],
            Self::MqttJs => &[(1.0, 0.0), (1.5, 1.0)],
        }
    }
}
