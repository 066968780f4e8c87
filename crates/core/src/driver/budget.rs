//! How many clients may be dropped in all.

use crate::input::{Field, Fields, Kind, Loose, Shape, Spec};
use crate::number::{float, whole};
use serde::{Serialize, Serializer};
use std::fmt;

/// How many clients may be dropped in all waves together. What EMQX was told to drop it drops: no further
/// wave begins that would take more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Budget {
    /// So many percent of the fewest that any plan must drop: 110, as text `1.1x`, is a tenth more.
    Percent(u32),
    /// So many clients.
    Clients(u32),
}

impl Default for Budget {
    fn default() -> Self {
        Self::Percent(110)
    }
}

impl Budget {
    /// The most clients, where no plan drops fewer than `fewest`.
    pub(crate) fn clients(self, fewest: u64) -> u64 {
        match self {
            Self::Percent(percent) => whole((float(fewest) * f64::from(percent) / 100.0).ceil()),
            Self::Clients(clients) => clients.into(),
        }
    }

    /// A ratio from 1 to 1,000.
    fn times(times: f64) -> Option<Self> {
        let percent = u32::try_from(whole((times * 100.0).round())).ok()?;
        (1.0..=MOST_TIMES).contains(&times).then_some(Self::Percent(percent))
    }

    fn clients_of(number: u32) -> Option<Self> {
        (number > 0).then_some(Self::Clients(number))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{}x", f64::from(*percent) / 100.0),
            Self::Clients(clients) => write!(f, "{clients}"),
        }
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Percent(_) => serializer.collect_str(self),
            Self::Clients(clients) => serializer.serialize_u32(*clients),
        }
    }
}

impl Field for Budget {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

/// Reads it.
#[derive(Clone, Copy)]
pub(super) struct ReadBudget;

/// A ratio to the fewest, or so many clients.
pub(super) const fn budget() -> Spec<ReadBudget> {
    Spec::new(ReadBudget)
}

impl Kind for ReadBudget {
    type Value = Budget;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<Budget> {
        let value = fields.take(name)?;
        let ratio = |text: &str| {
            text.strip_suffix('x').or_else(|| text.contains('.').then_some(text))?.parse().ok()
        };
        let budget = match &value {
            Loose::Text(text) => match ratio(text) {
                Some(times) => Budget::times(times),
                None => text.parse().ok().and_then(Budget::clients_of),
            },
            Loose::Fraction(times) => Budget::times(*times),
            Loose::Whole(clients) => u32::try_from(*clients).ok().and_then(Budget::clients_of),
            _ => None,
        };
        if budget.is_none() {
            fields.problem(name, value, BOUND);
        }
        budget
    }

    fn shape(&self) -> Shape {
        Shape::Budget
    }
}

const MOST_TIMES: f64 = 1000.0;
const BOUND: &str = "a ratio to the fewest such as `1.1x`, from 1x to 1000x, or a whole number of clients, \
                     at least 1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::DriverOptions;
    use crate::input::Options;

    fn read(value: &str) -> crate::error::Result<DriverOptions> {
        let json = format!(r#"{{"max_disconnects": {value}}}"#);
        DriverOptions::read(&mut serde_json::Deserializer::from_str(&json))
    }

    #[test]
    fn a_ratio_and_a_number_are_told_apart() {
        for (text, budget) in [
            ("1.1", Budget::Percent(110)),
            (r#""1.25""#, Budget::Percent(125)),
            (r#""2x""#, Budget::Percent(200)),
            ("2", Budget::Clients(2)),
            (r#""5000""#, Budget::Clients(5000)),
        ] {
            let options = read(text).unwrap();
            assert_eq!(options.max_disconnects, budget, "{text}");
            let again =
                read(&serde_json::to_value(&options).unwrap()["max_disconnects"].to_string());
            assert_eq!(again.unwrap(), options);
        }
        for text in ["0", "0.9", r#""0.5x""#, r#""x""#, r#""many""#, "-3", "[]", r#""1001x""#] {
            let error = read(text).unwrap_err();
            assert_eq!(error.problems()[0].field, "max_disconnects", "{text}");
        }
    }

    #[test]
    fn a_tenth_more_than_the_fewest_unless_told() {
        assert_eq!(Budget::default().clients(1000), 1100);
        assert_eq!(Budget::default().clients(1), 2);
        assert_eq!(Budget::Clients(7).clients(1000), 7);
    }
}
