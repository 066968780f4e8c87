//! What passes between the driver and EMQX.

use emqx_rebalance_api::{Credentials, Secret};
use emqx_rebalance_core::driver::Ask;
use emqx_rebalance_core::{Error, ErrorKind};

pub(super) fn is_read(ask: &Ask) -> bool {
    matches!(ask, Ask::Nodes | Ask::GlobalStatus | Ask::Availability { .. })
}

/// How long a client waits.
pub(super) fn patience_ms(ask: &Ask) -> u64 {
    match ask {
        Ask::Start { .. } | Ask::StartEvacuation { .. } => 50_000,
        _ => 10_000,
    }
}

pub(super) fn timeout() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time")
}

pub(super) fn credentials() -> Credentials {
    let key = "emqx-rebalance".to_owned();
    Credentials::ApiKey { key, secret: Secret::new("embedded-cluster") }
}

/// SplitMix64, as the simulator's own.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}
