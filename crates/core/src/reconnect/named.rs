//! Profiles that users know by name.
//!
//! Each is what a library does unless it is told otherwise, as its documentation or source states it, or what
//! we assume. Libraries wait longer after each attempt that failed. A client that was evicted is refused by
//! nobody: its first attempt succeeds as a rule, so its first wait and the jitter of that are what counts,
//! and up to half a second for the connection.

use super::{Point, ReconnectProfile};
use serde::{Deserialize, Serialize};

/// A reconnect profile by name: a library's own rule, or our assumption of a kind of fleet.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NamedProfile {
    /// MQTT 5 clients of the AWS IoT Device SDKs v2: any time up to `minReconnectDelayMs`, 1 s.
    AwsIotSdk,
    /// Azure IoT device SDKs for C#, Java and Node.js: the first retry is immediate.
    AzureIotSdk,
    /// esp-mqtt of ESP-IDF: `reconnect_timeout_ms`, 10 s.
    EspMqtt,
    /// Exponential backoff with jitter, 1 s to 2 min: each wait is half to all of 1 s, 2 s, 4 s and so on.
    /// That one attempt in ten fails is our assumption.
    ExponentialBackoff,
    /// HiveMQ MQTT Client with automatic reconnect: 1 s, a quarter more or less.
    Hivemq,
    /// A fleet on mobile networks, of which one client in fifty does not come while anybody waits. Our
    /// assumption, to be replaced by what you know of yours.
    MobileFleet,
    /// libmosquitto in `mosquitto_loop_forever` or after `mosquitto_loop_start`: 1 s.
    Mosquitto,
    /// MQTT.js: `reconnectPeriod`, 1 s.
    MqttJs,
    /// MQTTnet's managed client: it looks at its connection once a second, `ConnectionCheckInterval`, and
    /// tries at once.
    Mqttnet,
    /// Node-RED with the settings it comes with: `mqttReconnectTime`, 15 s.
    NodeRed,
    /// Eclipse Paho for C and C++ with automatic reconnect: `minRetryInterval`, 1 s.
    PahoC,
    /// Eclipse Paho for Java with automatic reconnect: 1 s.
    PahoJava,
    /// Eclipse Paho for Python in `loop_start` or `loop_forever`: `min_delay`, 1 s.
    PahoPython,
    /// Tasmota: `MqttRetry`, 10 s.
    Tasmota,
}

/// What is known of a name.
struct Preset {
    word: &'static str,
    /// Where its rule is written; empty if it is an assumption of ours.
    source: &'static str,
    /// Seconds, and the share that is back by then.
    points: &'static [(f64, f64)],
}

impl NamedProfile {
    /// Every one, by their words.
    pub const ALL: [Self; 14] = [
        Self::AwsIotSdk,
        Self::AzureIotSdk,
        Self::EspMqtt,
        Self::ExponentialBackoff,
        Self::Hivemq,
        Self::MobileFleet,
        Self::Mosquitto,
        Self::MqttJs,
        Self::Mqttnet,
        Self::NodeRed,
        Self::PahoC,
        Self::PahoJava,
        Self::PahoPython,
        Self::Tasmota,
    ];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        self.preset().word
    }

    /// The page where its rule is written. `None`: it is an assumption of ours.
    pub fn source(self) -> Option<&'static str> {
        Some(self.preset().source).filter(|source| !source.is_empty())
    }

    /// The profile of that name.
    ///
    /// ```
    /// use emqx_rebalance_core::NamedProfile;
    ///
    /// assert_eq!(NamedProfile::MqttJs.profile().back_by(1.5), 1.0);
    /// ```
    pub fn profile(self) -> ReconnectProfile {
        let point = |(at_s, share): &(f64, f64)| Point { at_s: *at_s, share: *share };
        let points = self.preset().points.iter().map(point).collect();
        ReconnectProfile { name: Some(self), points }
    }

    const fn preset(self) -> Preset {
        let (word, source, points): (_, _, &'static [(f64, f64)]) = match self {
            Self::AwsIotSdk => ("aws_iot_sdk", AWS_IOT_SDK, &[(0.0, 0.0), (1.5, 1.0)]),
            Self::AzureIotSdk => ("azure_iot_sdk", AZURE_IOT_SDK, &[(0.0, 0.0), (0.5, 1.0)]),
            Self::EspMqtt => ("esp_mqtt", ESP_MQTT, &[(10.0, 0.0), (10.5, 1.0)]),
            Self::ExponentialBackoff => ("exponential_backoff", "", TENTHS),
            Self::Hivemq => ("hivemq", HIVEMQ, &[(0.75, 0.0), (1.75, 1.0)]),
            Self::MobileFleet => ("mobile_fleet", "", MOBILE),
            Self::Mosquitto => ("mosquitto", MOSQUITTO, A_SECOND),
            Self::MqttJs => ("mqtt_js", MQTT_JS, A_SECOND),
            Self::Mqttnet => ("mqttnet", MQTTNET, &[(0.0, 0.0), (1.5, 1.0)]),
            Self::NodeRed => ("node_red", NODE_RED, &[(15.0, 0.0), (15.5, 1.0)]),
            Self::PahoC => ("paho_c", PAHO_C, A_SECOND),
            Self::PahoJava => ("paho_java", PAHO_JAVA, A_SECOND),
            Self::PahoPython => ("paho_python", PAHO_PYTHON, A_SECOND),
            Self::Tasmota => ("tasmota", TASMOTA, &[(10.0, 0.0), (10.5, 1.0)]),
        };
        Preset { word, source, points }
    }
}

/// A wait of one second.
const A_SECOND: &[(f64, f64)] = &[(1.0, 0.0), (1.5, 1.0)];

/// Nine in ten after the first wait, nine in ten of the others after the next, and so on: each attempt
/// comes as early as all the waits before it were short, and as late as they were long.
const TENTHS: &[(f64, f64)] =
    &[(0.5, 0.0), (1.5, 0.9), (4.0, 0.99), (8.5, 0.999), (17.0, 0.9999), (33.5, 1.0)];
const MOBILE: &[(f64, f64)] = &[(0.5, 0.0), (3.0, 0.6), (15.0, 0.85), (60.0, 0.95), (300.0, 0.98)];

const AWS_IOT_SDK: &str =
    "https://github.com/awslabs/aws-c-mqtt/blob/main/source/v5/mqtt5_client.c";
const AZURE_IOT_SDK: &str = "https://learn.microsoft.com/en-us/java/api/com.microsoft.azure.sdk.iot.device.transport.exponentialbackoffwithjitter";
const ESP_MQTT: &str =
    "https://docs.espressif.com/projects/esp-idf/en/v5.2/esp32/api-reference/protocols/mqtt.html";
const HIVEMQ: &str = "https://www.hivemq.com/blog/hivemq-mqtt-client-features-reconnect-handling/";
const MOSQUITTO: &str =
    "https://mosquitto.org/api/files/mosquitto-h.html#mosquitto_reconnect_delay_set";
const MQTT_JS: &str = "https://github.com/mqttjs/MQTT.js#client";
const MQTTNET: &str = "https://github.com/dotnet/MQTTnet/blob/28efbcdb3d09dd37cf40d659c11f991666cb2d3c/Source/MQTTnet.Extensions.ManagedClient/ManagedMqttClientOptions.cs";
const NODE_RED: &str =
    "https://github.com/node-red/node-red/blob/master/packages/node_modules/node-red/settings.js";
const PAHO_C: &str = "https://eclipse.dev/paho/files/mqttdoc/MQTTAsync/html/auto_reconnect.html";
const PAHO_JAVA: &str =
    "https://eclipse.dev/paho/files/javadoc/org/eclipse/paho/client/mqttv3/MqttConnectOptions.html";
const PAHO_PYTHON: &str = "https://pypi.org/project/paho-mqtt/1.6.1/#reconnect-delay-set";
const TASMOTA: &str = "https://tasmota.github.io/docs/Commands/#mqttretry";
