//! The time.

use emqx_rebalance_core::Timestamp;
use jiff::Unit;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Unix time that does not jump: read once, then counted. A driver that another process takes over
/// sees that process's clock, and counts a time that goes backwards as the latest one seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    unix_ms: u64,
    began: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { unix_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX), began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_ms(self.unix_ms.saturating_add(ms))
    }

    /// How long it is until `at`; nothing if it has passed.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.ms_since(self.now()))
    }

    /// Now, as Kubernetes writes it: to the second, in UTC.
    pub(crate) fn written(&self) -> String {
        let ms = i64::try_from(self.now().as_ms()).unwrap_or(i64::MAX);
        let now = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
        now.round(Unit::Second).unwrap_or(now).to_string()
    }
}

/// Whether `since` is longer ago than `limit_ms`.
pub(crate) fn is_overdue(since: Option<Timestamp>, now: Timestamp, limit_ms: u64) -> bool {
    since.is_some_and(|since| now.ms_since(since) >= limit_ms)
}
