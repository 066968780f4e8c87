//! Who a client is: what follows from its number alone.

use crate::config::SwarmConfig;
use mqtt5_protocol::ProtocolVersion;

/// What a client is, for as long as it lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    pub(crate) index: u64,
    pub(crate) version: ProtocolVersion,
    pub(crate) is_persistent: bool,
    pub(crate) role: Role,
}

/// What a client does with messages. Neighbours are a pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// Nothing.
    Idle,
    /// It publishes for its pair.
    Publisher,
    /// It receives what its pair publishes.
    Subscriber,
}

impl Identity {
    pub(crate) fn new(index: u64, config: &SwarmConfig) -> Self {
        let is_v5 = scattered(index, 0.754_877_666_246_692_8) < config.v5;
        Self {
            index,
            version: if is_v5 { ProtocolVersion::V5 } else { ProtocolVersion::V311 },
            is_persistent: scattered(index, 0.569_840_290_998_053_2) < config.persistent,
            role: Role::of(index, config),
        }
    }

    pub(crate) fn is_v5(&self) -> bool {
        self.version == ProtocolVersion::V5
    }

    /// The number of the client's pair.
    pub(crate) fn pair(&self) -> u64 {
        self.index / 2
    }

    pub(crate) fn client_id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.index)
    }

    pub(crate) fn topic(&self, prefix: &str) -> String {
        format!("{prefix}/{}", self.pair())
    }
}

impl Role {
    fn of(index: u64, config: &SwarmConfig) -> Self {
        let has_neighbour = index / 2 < pairs(config);
        match index % 2 {
            _ if !has_neighbour => Self::Idle,
            0 => Self::Publisher,
            _ => Self::Subscriber,
        }
    }
}

/// How many pairs publish.
pub(crate) fn pairs(config: &SwarmConfig) -> u64 {
    if config.publish_rate > 0.0 { config.clients / 2 } else { 0 }
}

/// A number from 0 to 1 that spreads evenly over neighbours: with two such steps (the plastic
/// number's powers) every mix of version and session occurs in its share, whatever the role.
fn scattered(index: u64, step: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an index is at most a million")]
    let index = index as f64;
    ((index + 0.5) * step).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_for_every_role() {
        let config = SwarmConfig {
            clients: 10_000,
            v5: 0.3,
            persistent: 0.5,
            publish_rate: 1.0,
            ..SwarmConfig::default()
        };
        let all: Vec<Identity> = (0..10_000).map(|i| Identity::new(i, &config)).collect();
        let count = |wish: &dyn Fn(&Identity) -> bool| all.iter().filter(|i| wish(i)).count();
        for role in [Role::Publisher, Role::Subscriber] {
            assert_eq!(count(&|i| i.role == role), 5000);
            let both = count(&|i| i.role == role && i.is_v5() && i.is_persistent);
            assert!((740..=760).contains(&both), "{both}");
        }
    }

    #[test]
    fn none_and_all_are_exact_and_the_odd_one_out_is_idle() {
        let config = SwarmConfig { clients: 5, v5: 0.0, publish_rate: 1.0, ..Default::default() };
        let all: Vec<Identity> = (0..5).map(|i| Identity::new(i, &config)).collect();
        assert!(all.iter().all(|i| !i.is_v5() && i.is_persistent));
        assert_eq!(all[4].role, Role::Idle);
    }
}
