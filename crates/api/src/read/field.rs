//! Takes fields out of a JSON object, tolerantly: an integer may be a float or a text.

use emqx_rebalance_core::{MAX_COUNT, NodeName};
use serde_json::{Map, Value};

/// Why an element cannot be read, in a few words.
pub(crate) type Why = String;

/// A JSON object whose fields are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value) -> Result<Self, Why> {
        value.as_object().map(Self).ok_or_else(|| "not an object".to_owned())
    }

    /// The value of `name`; `null` counts as absent.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str()
    }

    /// A whole number from 0 to 2^53 − 1, if the field is there.
    pub(crate) fn count(self, name: &str) -> Result<Option<u64>, Why> {
        self.value(name).map(|value| whole(value).ok_or_else(|| bad(name, value))).transpose()
    }

    /// A finite number, if the field is there.
    pub(crate) fn number(self, name: &str) -> Result<Option<f64>, Why> {
        self.value(name).map(|value| finite(value).ok_or_else(|| bad(name, value))).transpose()
    }

    pub(crate) fn node(self, name: &str) -> Result<NodeName, Why> {
        let value = self.value(name).ok_or_else(|| missing(name))?;
        node_name(value).ok_or_else(|| bad(name, value))
    }

    /// A list of node names; empty if the field is not there.
    pub(crate) fn nodes(self, name: &str) -> Result<Vec<NodeName>, Why> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| bad(name, value))?;
        list.iter().map(|node| node_name(node).ok_or_else(|| bad(name, node))).collect()
    }
}

pub(crate) fn missing(name: &str) -> Why {
    format!("no `{name}`")
}

pub(crate) fn node_name(value: &Value) -> Option<NodeName> {
    NodeName::new(value.as_str()?).ok()
}

fn bad(name: &str, value: &Value) -> Why {
    super::one_line(&format!("`{name}` is {value}"), MAX_WHY)
}

fn whole(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| integral(number.as_f64()?)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| *number <= MAX_COUNT)
}

fn integral(number: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 2^53 and whole, so the cast changes nothing"
    )]
    ((0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0)
        .then_some(number as u64)
}

fn finite(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

pub(crate) const MAX_WHY: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_come_as_integers_floats_or_text() {
        let value = json!({"a": 5, "b": 5.0, "c": "5", "d": 5.5, "e": -1, "f": null, "g": true});
        let fields = Fields::of(&value).unwrap();
        for good in ["a", "b", "c"] {
            assert_eq!(fields.count(good), Ok(Some(5)), "{good}");
        }
        for bad in ["d", "e", "g"] {
            assert!(fields.count(bad).is_err(), "{bad}");
        }
        assert_eq!(fields.count("f"), Ok(None));
        assert_eq!(fields.number("d"), Ok(Some(5.5)));
        assert!(Fields::of(&json!([])).is_err());
    }

    #[test]
    fn a_bad_field_is_named_in_a_bounded_text() {
        let value = json!({"node": "x y".repeat(1000)});
        let why = Fields::of(&value).unwrap().node("node").unwrap_err();
        assert!(why.starts_with("`node` is"));
        assert!(why.chars().count() <= 200);
    }
}
