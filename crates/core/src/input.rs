//! Reads options that people typed: any type in, every problem out.
//!
//! Derived deserialisers stop at the first problem and name none of the bounds, so options are
//! read into [`Fields`] first and then taken out one by one.

use crate::duration;
use crate::error::{Error, Problem, Result};
use crate::node::NodeName;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Loose {
    Null,
    Bool(bool),
    Whole(i128),
    Fraction(f64),
    Text(String),
    List(Vec<Self>),
    Object,
    /// An object without members: what Lua writes for a list without items, too.
    Empty,
}

impl fmt::Display for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Fraction(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(&value.chars().take(MAX_SHOWN).collect::<String>()),
            Self::List(_) => f.write_str("a list"),
            Self::Object | Self::Empty => f.write_str("an object"),
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an option's value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(Loose::Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
        Ok(Loose::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_none<E>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
        Loose::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut kind = Loose::Empty;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            kind = Loose::Object;
        }
        Ok(kind)
    }
}

/// Options that people write: an object in which any may be left out or `null`.
///
/// Reads from every format that serde knows. Deserialising reports the same problems, but as the
/// text of the format's own error; this keeps them apart.
pub trait Options: FromFields {
    /// Reads the options.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once: field, value and bound.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let fields = Fields::deserialize(deserializer).map_err(|error| {
            let problem = Problem::new(Self::WHAT, error, "an object of options, each once");
            Error::invalid(Self::WHAT, vec![problem])
        })?;
        Self::from_fields(fields)
    }
}

impl<T: FromFields> Options for T {}

/// What can be taken out of [`Fields`].
pub trait FromFields: Sized {
    /// What the options are of, in a word.
    const WHAT: &'static str;
    /// The names of all options.
    const OPTIONS: &'static [&'static str];

    /// Takes every option, or its default, out of `fields`, which keep the problems.
    fn take(fields: &mut Fields) -> Self;

    /// Takes every option, and nothing may be left.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once.
    fn from_fields(mut fields: Fields) -> Result<Self> {
        let options = Self::take(&mut fields);
        fields.finish(Self::WHAT, Self::OPTIONS).map(|()| options)
    }
}

/// The options of one object by name, and the problems found so far.
#[derive(Debug, Default)]
pub struct Fields {
    values: BTreeMap<String, Loose>,
    problems: Vec<Problem>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of options")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, value)) = map.next_entry()? {
                    fields.insert(name, value).map_err(A::Error::custom)?;
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl Fields {
    /// Adds an option that was read.
    ///
    /// # Errors
    /// What is wrong, if it is there already.
    pub(crate) fn insert(&mut self, name: String, value: Loose) -> Result<(), String> {
        let twice = format!("`{name}` is given twice");
        self.values.insert(name, value).map_or(Ok(()), |_| Err(twice))
    }

    /// Adds the options of another object.
    pub(crate) fn merge(&mut self, other: Self) {
        self.problems.extend(other.problems);
        for (name, value) in other.values {
            if self.values.contains_key(&name) {
                self.problem(&name, &value, "given once, in the strategy or beside it");
            }
            self.values.insert(name, value);
        }
    }

    /// Adds problems that were found elsewhere.
    pub(crate) fn add_problems(&mut self, problems: &[Problem]) {
        self.problems.extend_from_slice(problems);
    }

    /// Takes `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Loose::Bool(flag) => Some(flag),
            value => {
                self.problem(name, value, "true or false");
                None
            }
        }
    }

    /// Takes `name` out; `null` counts as absent, as in EMQX.
    fn take(&mut self, name: &str) -> Option<Loose> {
        self.values.remove(name).filter(|value| *value != Loose::Null)
    }

    pub(crate) fn problem(
        &mut self,
        field: &str,
        value: impl fmt::Display,
        bound: impl Into<String>,
    ) {
        self.problems.push(Problem::new(field, value, bound));
    }

    /// Takes a whole number, or its decimal text, from `min` to `max`.
    pub(crate) fn whole(&mut self, name: &str, min: u32, max: u32) -> Option<u32> {
        let value = self.take(name)?;
        let number = match &value {
            Loose::Whole(number) => u32::try_from(*number).ok(),
            Loose::Text(text) => text.parse().ok(),
            _ => None,
        };
        let good = number.filter(|n| (min..=max).contains(n));
        if good.is_none() {
            self.problem(name, value, format!("a whole number from {min} to {max}"));
        }
        good
    }

    /// Takes a number, or its decimal text, for which `good` holds; `bound` says so in words.
    pub(crate) fn number(
        &mut self,
        name: &str,
        bound: &str,
        good: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let value = self.take(name)?;
        let number = match &value {
            #[expect(clippy::cast_precision_loss, reason = "options are far below 2^53")]
            Loose::Whole(number) => Some(*number as f64),
            Loose::Fraction(number) => Some(*number),
            Loose::Text(text) => text.parse().ok(),
            _ => None,
        };
        let found = number.filter(|n| n.is_finite() && good(*n));
        if found.is_none() {
            self.problem(name, value, bound);
        }
        found
    }

    /// Takes one of `words`.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.take(name)?;
        let known = words.iter().find(|(word, _)| value == Loose::Text((*word).to_owned()));
        if known.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problem(name, value, format!("one of {}", words.join(", ")));
        }
        known.map(|(_, choice)| *choice)
    }

    /// Takes a duration: whole seconds, or text such as "90", "10s" or "1m30s", up to `max` seconds.
    pub(crate) fn seconds(&mut self, name: &str, max: u32) -> Option<u32> {
        let value = self.take(name)?;
        let seconds = match &value {
            Loose::Whole(number) => u32::try_from(*number).ok(),
            Loose::Text(text) => duration::parse_seconds(text),
            _ => None,
        };
        let good = seconds.filter(|s| *s <= max);
        if good.is_none() {
            let bound = format!("whole seconds from 0 to {max}, or text such as `10s` or `1m30s`");
            self.problem(name, value, bound);
        }
        good
    }

    /// Takes a list of at least one node name.
    pub(crate) fn nodes(&mut self, name: &str) -> Option<Vec<NodeName>> {
        let bound = "a list of at least one node name such as `emqx@10.0.0.1`";
        self.names(name, bound, |list| !list.is_empty())
    }

    /// Takes a list of node names, of none as well.
    pub(crate) fn any_nodes(&mut self, name: &str) -> Option<Vec<NodeName>> {
        self.names(name, "a list of node names such as `emqx@10.0.0.1`", |_| true)
    }

    fn names(
        &mut self,
        name: &str,
        bound: &str,
        good: impl Fn(&[Loose]) -> bool,
    ) -> Option<Vec<NodeName>> {
        let value = self.take(name)?;
        let names = match &value {
            Loose::List(list) if good(list) => list.iter().map(node_name).collect(),
            Loose::Empty if good(&[]) => Some(Vec::new()),
            _ => None,
        };
        if names.is_none() {
            self.problem(name, value, bound);
        }
        names
    }

    /// Takes the name of a node.
    pub(crate) fn node(&mut self, name: &str) -> Option<NodeName> {
        let value = self.take(name)?;
        let node = node_name(&value);
        if node.is_none() {
            self.problem(name, value, "a node name such as `emqx@10.0.0.1`");
        }
        node
    }

    /// Takes a text of 1 to `max` bytes.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        match self.take(name)? {
            Loose::Text(text) if !text.is_empty() && text.len() <= max => Some(text),
            value => {
                self.problem(name, value, format!("a text of 1 to {max} bytes"));
                None
            }
        }
    }

    /// Ends the reading: what is left has names that nobody knows.
    ///
    /// # Errors
    /// All problems at once, if there are any.
    pub(crate) fn finish(mut self, what: &str, known: &[&str]) -> Result<()> {
        let unknown = std::mem::take(&mut self.values);
        for (name, value) in unknown.into_iter().filter(|(_, value)| *value != Loose::Null) {
            self.problem(&name, value, format!("left out: the options are {}", known.join(", ")));
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Error::invalid(what, self.problems)) }
    }
}

fn node_name(value: &Loose) -> Option<NodeName> {
    match value {
        Loose::Text(name) => NodeName::new(name.as_str()).ok(),
        _ => None,
    }
}

const MAX_SHOWN: usize = 60;
