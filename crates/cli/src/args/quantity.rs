//! Numbers and times as people type them.

use emqx_rebalance_core::{Error, Problem, Result};
use serde_json::{Number, Value};

/// How a text becomes a number; `None` if it does not.
pub(super) type Scale = fn(&str) -> Option<Number>;

/// Reads the texts of flags as numbers and remembers those that are none.
#[derive(Default)]
pub(super) struct Quantities {
    problems: Vec<Problem>,
}

impl Quantities {
    /// The number of `flag`, if it was given and is one.
    pub(super) fn read(
        &mut self,
        flag: &str,
        text: Option<&String>,
        scale: Scale,
    ) -> Option<Value> {
        let text = text?;
        let number = scale(text);
        if number.is_none() {
            self.problem(flag, text, "a number, or a time such as `2s`");
        }
        number.map(Value::Number)
    }

    /// Remembers that `flag` holds something else.
    pub(super) fn problem(&mut self, flag: &str, text: &str, bound: &str) {
        self.problems.push(Problem::new(flag, text, bound));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `config_invalid` with every text that is no number.
    pub(super) fn finish(self) -> Result<()> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid("options", self.problems))
        }
    }
}

/// A number as it is written.
pub(super) fn plain(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

/// A number of percent, with or without the sign.
pub(super) fn percent(text: &str) -> Option<Number> {
    plain(text.strip_suffix('%').unwrap_or(text).trim())
}

/// Seconds from "2", "2s", "500ms", "10m" or "1h".
pub(super) fn seconds(text: &str) -> Option<Number> {
    Number::from_f64(read_seconds(text)?)
}

/// The same, rounded up to whole seconds.
pub(super) fn whole_seconds(text: &str) -> Option<Number> {
    whole(read_seconds(text)?)
}

/// The same in milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<Number> {
    whole(read_seconds(text)? * 1000.0)
}

fn read_seconds(text: &str) -> Option<f64> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let with_unit = units.iter().find_map(|(unit, s)| Some((text.strip_suffix(unit)?, *s)));
    let (number, seconds) = with_unit.unwrap_or((text, 1.0));
    Some(number.parse::<f64>().ok()? * seconds)
}

fn whole(number: f64) -> Option<Number> {
    format!("{:.0}", number.ceil()).parse::<u64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        let cases =
            [("2", 2000), ("500ms", 500), ("1.5s", 1500), ("1m", 60_000), ("1h", 3_600_000)];
        for (text, ms) in cases {
            assert_eq!(milliseconds(text), Some(ms.into()), "{text}");
        }
        assert_eq!(whole_seconds("1500ms"), Some(2.into()));
        assert_eq!(percent("10 %"), Some(10.into()));
        for text in ["", "s", "x", "-1s", "inf", "NaN"] {
            assert_eq!(whole_seconds(text), None, "{text}");
        }
    }
}
