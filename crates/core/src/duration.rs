//! Durations as people write them in EMQX's configuration.

/// Reads whole seconds from "90", "10s", "1m30s", "1.5h" or "500ms", in any case.
///
/// Fractions of a second round up, as EMQX does ("500ms" is 1 s). `None` if it is no such text.
/// Source: recordings `wait_health_check` in contract/5.3.2/04_errors.json.
pub(crate) fn parse_seconds(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let seconds = (parse_ms(text)? / 1000.0).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked here")]
    (seconds <= f64::from(u32::MAX)).then_some(seconds as u32)
}

/// Reads milliseconds from such text, or from a number of seconds: "1.5" is 1500.
pub(crate) fn parse_ms(text: &str) -> Option<f64> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text.parse::<f64>().ok().map(|seconds| seconds * 1000.0);
    }
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    let mut ms = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_len)?;
        ms += number.parse::<f64>().ok()? * unit_ms(unit)?;
        rest = tail;
    }
    Some(ms)
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_emqx_reads() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("0s", 0),
            ("10S", 10),
            ("1m30s", 90),
            ("1h30m", 5400),
            ("1.5s", 2),
            ("500ms", 1),
            ("2500ms", 3),
        ] {
            assert_eq!(parse_seconds(text), Some(seconds), "{text}");
        }
        for text in ["", "bad", "10 s", "-1s", "infinity", "s", "1.2.3s", "99999999999s", "é1s"] {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
    }
}
