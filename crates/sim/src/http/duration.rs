//! Durations as EMQX's schema reads them.

use serde_json::Value;

/// Whole seconds of 10, "10", "10s", "1h30m" or "500ms" (which is 1); `None` if it is no duration.
///
/// There is no upper bound here: EMQX has its own words for one that is too long.
pub(crate) fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if is_number(text) => Some(text.parse().unwrap_or(u64::MAX)),
        Value::String(text) => milliseconds(text).map(|ms| whole((ms / 1000.0).ceil())),
        _ => None,
    }
}

/// Whole milliseconds of 15000, "15000" or "15s"; `None` if it is no duration.
pub(crate) fn whole_ms(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if is_number(text) => Some(text.parse().unwrap_or(u64::MAX)),
        Value::String(text) => milliseconds(text).map(|ms| whole(ms.ceil())),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn milliseconds(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    let mut total = 0.0;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| c.is_ascii_lowercase())?);
        let unit = tail.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        total += number.parse::<f64>().ok().filter(|_| digits)? * unit_ms(unit)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        "w" => 604_800_000.0,
        _ => return None,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversion that stays within its bounds; negative durations do not parse"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_emqx_reads() {
        for (value, expected) in [
            (json!(0), Some(0)),
            (json!("10"), Some(10)),
            (json!("0s"), Some(0)),
            (json!("1h30m"), Some(5400)),
            (json!("500ms"), Some(1)),
            (json!("10S"), Some(10)),
            (json!("1.5s"), Some(2)),
            (json!("99999999999s"), Some(99_999_999_999)),
            (json!(""), None),
            (json!("bad"), None),
            (json!("-1s"), None),
            (json!("10 s"), None),
            (json!("infinity"), None),
            (json!(1.5), None),
            (json!(-1), None),
            (json!(true), None),
        ] {
            assert_eq!(seconds(&value), expected, "{value}");
        }
        assert_eq!(whole_ms(&json!("15s")), Some(15_000));
        assert_eq!(whole_ms(&json!(20)), Some(20));
        assert_eq!(whole_ms(&json!("0.5ms")), Some(1));
        assert_eq!(whole_ms(&json!("soon")), None);
    }
}
