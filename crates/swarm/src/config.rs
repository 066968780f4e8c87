//! What a swarm is made of.

use emqx_rebalance_core::{Error, Problem, ReconnectProfile, Result};
use serde::{Deserialize, Serialize};

/// What a swarm is made of, and what it does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SwarmConfig {
    /// Number of clients. Default 100.
    pub clients: u64,
    /// Where clients connect, as `host:port`: one load balancer, or several addresses that each
    /// client tries in turn. Default `127.0.0.1:1883`.
    pub targets: Vec<String>,
    /// Where the first clients connect the first time, in order; the rest, and everyone who comes
    /// back, goes to `targets`. Default: nobody.
    pub placement: Vec<Placement>,
    /// First connections per second. Default: as fast as `connecting_at_once` allows.
    pub connect_rate: Option<u32>,
    /// First connections in the making at one time. Default 256.
    pub connecting_at_once: usize,
    /// Start of every client id and topic. Two swarms on one cluster need different ones. Default
    /// `swarm`.
    pub client_id_prefix: String,
    /// Share of clients whose session outlives the connection, 0 to 1. Default 1.
    pub persistent: f64,
    /// Share of clients that speak MQTT 5, 0 to 1; the others speak 3.1.1. Default 1.
    pub v5: f64,
    /// Seconds until the broker may forget the session of an MQTT 5 client. Default 7200, EMQX's
    /// own for MQTT 3.1.1 (`mqtt.session_expiry_interval`).
    pub session_expiry_s: u32,
    /// Keep-alive in seconds; a client pings at half of it. 0 is off, as in MQTT. Default 60.
    pub keep_alive_s: u16,
    /// How clients come back.
    pub reconnect: Reconnect,
    /// Milliseconds for a connection from its begin to its CONNACK. Default 10,000.
    pub connect_timeout_ms: u64,
    /// Messages per second of the whole swarm, QoS 1, each from a client to its neighbour. Default
    /// 0: no messages.
    pub publish_rate: f64,
    /// Bytes of a message, 20 to 4096. Default 32.
    pub payload_bytes: usize,
    /// Milliseconds that the end waits for messages on their way. Default 5,000.
    pub drain_ms: u64,
    /// Seed of everything random. Default 1.
    pub seed: u64,
}

/// Where some clients connect the first time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// `host:port`.
    pub target: String,
    /// How many clients.
    pub clients: u64,
}

/// How a client comes back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reconnect {
    /// Milliseconds before the first attempt. Default 1000.
    pub delay_ms: u64,
    /// What the delay is multiplied by after every attempt that failed, from 1. Default 2.
    pub factor: f64,
    /// The longest delay in milliseconds. Default 30,000.
    pub max_ms: u64,
    /// How much a delay varies to either side, 0 to 1. Default 0.2.
    pub jitter: f64,
    /// How long clients that lost their connection take to their first attempt, in place of `delay_ms`
    /// as it is: a reconnect profile, a name of one, or an average delay. Whoever fails then waits as the
    /// other fields say; the share that never comes stays away until the swarm ends. Default: as the
    /// other fields say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ReconnectProfile>,
}

impl Default for SwarmConfig {
    fn default() -> Self {
        Self {
            clients: 100,
            targets: vec!["127.0.0.1:1883".to_owned()],
            placement: Vec::new(),
            connect_rate: None,
            connecting_at_once: 256,
            client_id_prefix: "swarm".to_owned(),
            persistent: 1.0,
            v5: 1.0,
            session_expiry_s: 7200,
            keep_alive_s: 60,
            reconnect: Reconnect::default(),
            connect_timeout_ms: 10_000,
            publish_rate: 0.0,
            payload_bytes: 32,
            drain_ms: 5_000,
            seed: 1,
        }
    }
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { delay_ms: 1000, factor: 2.0, max_ms: 30_000, jitter: 0.2, profile: None }
    }
}

impl SwarmConfig {
    /// Checks everything that does not need the network.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        self.check_numbers(&mut problems);
        self.check_places(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(Error::invalid("swarm", problems)) }
    }

    fn check_numbers(&self, problems: &mut Vec<Problem>) {
        let mut require = |holds: bool, field: &str, value: String, bound: &str| {
            if !holds {
                problems.push(Problem::new(field, value, bound));
            }
        };
        let shares = [
            ("persistent", self.persistent),
            ("v5", self.v5),
            ("reconnect.jitter", self.reconnect.jitter),
        ];
        for (field, share) in shares {
            let holds = (0.0..=1.0).contains(&share);
            require(holds, field, share.to_string(), "a number from 0 to 1");
        }
        let factor = self.reconnect.factor;
        let holds = factor.is_finite() && factor >= 1.0;
        require(holds, "reconnect.factor", factor.to_string(), "a number from 1");
        let rate = self.publish_rate;
        let holds = rate.is_finite() && rate >= 0.0;
        require(holds, "publish_rate", rate.to_string(), "a number from 0");
        let bytes = self.payload_bytes;
        let holds = (MIN_PAYLOAD..=4096).contains(&bytes);
        require(holds, "payload_bytes", bytes.to_string(), "a whole number from 20 to 4096");
        let clients = self.clients;
        let holds = (1..=MAX_CLIENTS).contains(&clients);
        require(holds, "clients", clients.to_string(), "a whole number from 1 to 1000000");
        require(self.connect_rate != Some(0), "connect_rate", "0".to_owned(), AT_LEAST_ONE);
        let at_once = self.connecting_at_once;
        require(at_once > 0, "connecting_at_once", at_once.to_string(), AT_LEAST_ONE);
    }

    fn check_places(&self, problems: &mut Vec<Problem>) {
        if self.targets.is_empty() {
            problems.push(Problem::new("targets", "[]", "at least one `host:port`"));
        }
        let prefix = &self.client_id_prefix;
        if prefix.is_empty() || prefix.len() > 100 || prefix.contains(['#', '+', '/', '\0']) {
            let bound = "1 to 100 bytes without `#`, `+` and `/`";
            problems.push(Problem::new("client_id_prefix", prefix, bound));
        }
        let placed = self.placement.iter().map(|place| place.clients).fold(0, u64::saturating_add);
        if placed > self.clients {
            let bound = format!("at most all {} clients", self.clients);
            problems.push(Problem::new("placement", placed, bound));
        }
    }
}

/// Room for the largest sequence number and its end.
pub(crate) const MIN_PAYLOAD: usize = 20;
const MAX_CLIENTS: u64 = 1_000_000;
const AT_LEAST_ONE: &str = "a whole number from 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_named_at_once() {
        let config: SwarmConfig = serde_json::from_str(
            r##"{"clients":0,"targets":[],"persistent":1.5,"v5":-0.1,"publish_rate":-1,
                "payload_bytes":1,"connect_rate":0,"connecting_at_once":0,"client_id_prefix":"a#",
                "reconnect":{"factor":0.5,"jitter":2},"placement":[{"target":"x:1","clients":1}]}"##,
        )
        .unwrap();
        let error = config.check().unwrap_err();
        let fields: Vec<&str> = error.problems().iter().map(|p| p.field.as_str()).collect();
        for field in ["clients", "targets", "persistent", "v5", "publish_rate", "payload_bytes"] {
            assert!(fields.contains(&field), "{field} not in {fields:?}");
        }
        assert_eq!(fields.len(), 12, "{fields:?}");
        SwarmConfig::default().check().unwrap();
    }

    #[test]
    fn a_profile_is_read_as_everywhere_and_a_bad_one_is_named() {
        let read = |profile: &str| {
            let text = format!(r#"{{"reconnect":{{"delay_ms":500,"profile":{profile}}}}}"#);
            serde_json::from_str::<SwarmConfig>(&text)
        };
        for profile in [r#"{"points":[[0.5,0],[1.5,0.9]]}"#, "\"mqtt_js\"", "\"1m\"", "2"] {
            let config = read(profile).unwrap();
            let written = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<SwarmConfig>(&written).unwrap(), config);
        }
        let error = read(r#"{"points":[[1,0],[0.5,2]]}"#).unwrap_err().to_string();
        assert!(error.contains("points[1][0]") && error.contains("points[1][1]"), "{error}");
    }
}
