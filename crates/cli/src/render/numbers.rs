//! Numbers and times as people read them.

use indicatif::HumanCount;

/// 12345 as "12,345".
pub(crate) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// The step from one count to another: "▼ 780", "▲ 2,340", or nothing.
pub(crate) fn change(from: u64, to: u64) -> String {
    match from.cmp(&to) {
        std::cmp::Ordering::Greater => format!("▼ {}", count(from - to)),
        std::cmp::Ordering::Less => format!("▲ {}", count(to - from)),
        std::cmp::Ordering::Equal => "–".to_owned(),
    }
}

/// "1 client", "2,340 clients".
pub(crate) fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// 98 as "1 min 38 s".
pub(crate) fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// A share as "33.4 %", as "100 %" without the zero, and as "1e9 %" where nobody counts zeros.
pub(crate) fn percent(share: f64) -> String {
    if share.abs() >= MANY {
        return format!("{:.0e} %", share * 100.0);
    }
    let tenths = format!("{:.1}", share * 100.0);
    format!("{} %", tenths.strip_suffix(".0").unwrap_or(&tenths))
}

/// A share of which no more than its size is said.
const MANY: f64 = 1e6;

/// A count as a float, for shares and charts.
#[expect(clippy::cast_precision_loss, reason = "counts are at most 2^53 - 1")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(change(3333, 2553), "▼ 780");
        assert_eq!(counted(1, "client"), "1 client");
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (98, "1 min 38 s"), (120, "2 min"), (7260, "2 h 1 min")]
        {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(percent(0.3336), "33.4 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(1e7), "1e9 %");
    }
}
