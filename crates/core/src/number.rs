//! Counts as numbers that can be multiplied, and back.

/// A count as a float. Exact: counts are at most 2^53 − 1.
#[expect(clippy::cast_precision_loss, reason = "counts are at most 2^53 - 1")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A float that is a whole number, as one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as wanted")]
pub(crate) fn whole(x: f64) -> u64 {
    x as u64
}
