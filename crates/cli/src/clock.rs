//! The time, and how people write it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(unix.as_millis()).unwrap_or(u64::MAX)
}

/// A moment in the reader's time zone, to the minute: "2026-11-22 19:41".
pub(crate) fn local(unix_ms: u64) -> String {
    formatted(unix_ms, "%Y-%m-%d %H:%M")
}

/// A moment of today in the reader's time zone: "19:41:07".
pub(crate) fn time(unix_ms: u64) -> String {
    formatted(unix_ms, "%H:%M:%S")
}

fn formatted(unix_ms: u64, format: &str) -> String {
    let moment = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let Some(moment) = moment else { return "?".to_owned() };
    moment.to_zoned(TimeZone::system()).strftime(format).to_string()
}
