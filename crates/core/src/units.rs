//! Numbers that would compile and be wrong if they were mixed up.

use crate::error::Problem;
use crate::input::{Field, NumberRange};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;

/// The largest whole number that JSON carries unchanged to Lua 5.1 and JavaScript: 2^53 − 1.
pub const MAX_COUNT: u64 = (1 << 53) - 1;

/// EMQX's longest wait, in seconds. Longer ones are refused by its schema
/// (`emqx_schema:timeout_duration_s()`: "max: 4294967 s").
pub const MAX_WAIT_S: u32 = 4_294_967;

/// Clients or sessions that leave **each donor** per tick of one second.
///
/// EMQX applies it to every donor separately, so the rate of the whole run is this times the
/// number of donors. At least 1: EMQX's schema says `pos_integer()`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvictRate(NonZeroU32);

impl EvictRate {
    /// A rate of `per_second` clients, or `None` for 0.
    pub const fn new(per_second: u32) -> Option<Self> {
        match NonZeroU32::new(per_second) {
            Some(rate) => Some(Self(rate)),
            None => None,
        }
    }

    /// The nearest rate to `per_second`: 1 for anything below.
    ///
    /// ```
    /// use emqx_rebalance_core::EvictRate;
    ///
    /// assert_eq!(EvictRate::at_least_one(500).get(), 500);
    /// assert_eq!(EvictRate::at_least_one(0).get(), 1);
    /// ```
    pub fn at_least_one(per_second: u32) -> Self {
        Self(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN))
    }

    /// Clients per second and donor.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for EvictRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Field for EvictRate {
    type Read = u32;

    fn of(read: Option<u32>) -> Self {
        Self::at_least_one(read.unwrap_or_default())
    }
}

/// A difference between averages that EMQX still calls balanced, in clients or sessions. At least 1.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AbsThreshold(NonZeroU32);

impl AbsThreshold {
    /// A threshold of `count`, or `None` for 0.
    pub const fn new(count: u32) -> Option<Self> {
        match NonZeroU32::new(count) {
            Some(count) => Some(Self(count)),
            None => None,
        }
    }

    /// The nearest threshold to `count`: 1 for 0.
    pub fn at_least_one(count: u32) -> Self {
        Self(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
    }

    /// Clients or sessions.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for AbsThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Field for AbsThreshold {
    type Read = u32;

    fn of(read: Option<u32>) -> Self {
        Self::at_least_one(read.unwrap_or_default())
    }
}

/// A ratio between averages that EMQX still calls balanced. Finite and more than 1.
///
/// A float, since EMQX compares floats: rounding it would make another decision than EMQX makes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RelThreshold(f64);

impl RelThreshold {
    /// The smallest threshold that this crate's own plans use.
    pub const TIGHTEST: Self = Self(1.0001);

    /// The ratios that are thresholds.
    pub(crate) const RANGE: NumberRange = NumberRange {
        min: 1.0,
        max: f64::INFINITY,
        is_over_min: true,
        words: "a number more than 1",
    };

    /// A threshold of `ratio`, or `None` if it is not finite or not more than 1.
    ///
    /// ```
    /// use emqx_rebalance_core::RelThreshold;
    ///
    /// assert!(RelThreshold::new(1.1).is_some());
    /// assert!(RelThreshold::new(0.9).is_none());
    /// ```
    pub fn new(ratio: f64) -> Option<Self> {
        Self::RANGE.holds(ratio).then_some(Self(ratio))
    }

    /// The ratio: 1.1 allows donors to hold 10 % more than recipients.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for RelThreshold {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ratio = f64::deserialize(deserializer)?;
        Self::new(ratio).ok_or_else(|| {
            serde::de::Error::custom(Problem::new("threshold", ratio, Self::RANGE.words))
        })
    }
}

impl fmt::Display for RelThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Field for RelThreshold {
    type Read = f64;

    fn of(read: Option<f64>) -> Self {
        read.and_then(Self::new).unwrap_or(Self::TIGHTEST)
    }
}

/// A moment on the caller's own clock, in milliseconds since whatever the caller calls zero.
///
/// Not [`std::time::Instant`], which can be neither stored nor made by another language and which
/// WebAssembly does not have.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// `ms` milliseconds after zero.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since zero.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// This moment and `ms` milliseconds; stays at the end of time rather than wrapping.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`, 0 if it is later.
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
