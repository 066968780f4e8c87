//! The time, and how polls are spread over it.

use emqx_rebalance_core::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970: of the wall clock, since windows are of people's days.
pub(crate) fn now_ms() -> u64 {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(unix.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_ms(now_ms())
}

/// How long to wait for poll `number` of the cluster `name`: about `interval`, a tenth more or less, so that clusters
/// are not polled all at once; the first time any part of it.
pub(crate) fn wait(name: &str, number: u64, interval: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (name, number).hash(&mut hasher);
    let thousandth = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    if number == 0 {
        interval * thousandth / 1000
    } else {
        interval * (900 + thousandth / 5) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_are_about_as_far_apart_as_they_should_be() {
        let interval = Duration::from_secs(10);
        let waits: Vec<Duration> = (1..1000).map(|number| wait("eu", number, interval)).collect();
        assert!(waits.iter().all(|wait| (9000..=11_000).contains(&wait.as_millis())));
        let mean = waits.iter().sum::<Duration>() / 999;
        assert!((9900..=10_100).contains(&mean.as_millis()), "{mean:?}");
        assert_ne!(wait("eu", 0, interval), wait("us", 0, interval));
        assert!(wait("eu", 0, interval) < interval);
    }
}
