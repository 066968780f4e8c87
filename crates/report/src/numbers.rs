//! Numbers as people write them.

/// A count with commas: `10,000`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A mean count: whole, since a third of a session is no use to anyone.
pub(crate) fn rounded(mean: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are positive and at most 2^53; the cast saturates"
    )]
    let whole = mean.round() as u64;
    count(whole)
}

/// A change with its sign, a real minus among them.
pub(crate) fn change(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Less => format!("−{}", count(before - after)),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", count(after - before)),
    }
}

/// A share such as `33.4 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0)
}

/// A time such as `78 s` or `5 min 20 s`.
pub(crate) fn time(seconds: f64) -> String {
    let whole = seconds.round().max(0.0);
    let (minutes, rest) = ((whole / 60.0).floor(), whole % 60.0);
    match whole {
        ..120.0 => format!("{whole} s"),
        _ if rest == 0.0 => format!("{minutes} min"),
        _ => format!("{minutes} min {rest} s"),
    }
}

/// A count as a float. Exact: counts are at most 2^53 − 1.
#[expect(clippy::cast_precision_loss, reason = "counts are at most 2^53 - 1")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([change(5, 1000), change(5, 5), change(9, 2)], ["+995", "0", "−7"]);
        assert_eq!([77.6, 120.0, 320.0].map(time), ["78 s", "2 min", "5 min 20 s"]);
        assert_eq!(percent(0.3336), "33.4\u{a0}%");
    }
}
