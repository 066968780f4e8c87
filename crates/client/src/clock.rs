//! The time, for a core that has none.

use emqx_rebalance_core::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Unix time that does not jump: read once, then counted.
pub(crate) struct Clock {
    unix_ms: u64,
    began: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { unix_ms: unix_ms(), began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_ms(self.unix_ms.saturating_add(ms))
    }

    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        let ms = at.ms_since(Timestamp::from_ms(self.unix_ms));
        self.began + Duration::from_millis(ms)
    }
}

/// Milliseconds since 1970.
pub(crate) fn unix_ms() -> u64 {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(unix.as_millis()).unwrap_or(u64::MAX)
}
