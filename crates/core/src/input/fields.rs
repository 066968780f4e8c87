//! The options of one object, to be taken out one by one.

use super::loose::{Loose, insert, members};
use crate::error::{Error, Problem, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// The options of one object by name, and the problems found so far.
#[derive(Debug, Default)]
pub struct Fields {
    pub(super) values: BTreeMap<String, Loose>,
    problems: Vec<Problem>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of options")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields, A::Error> {
        members(map).map(Fields::from)
    }
}

impl From<BTreeMap<String, Loose>> for Fields {
    fn from(values: BTreeMap<String, Loose>) -> Self {
        Self { values, problems: Vec::new() }
    }
}

impl Fields {
    /// Reads an object of options; `what` they are.
    ///
    /// # Errors
    /// `config_invalid` if it is no object, or names an option twice.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D, what: &str) -> Result<Self> {
        Self::deserialize(deserializer).map_err(|error| {
            Error::invalid(what, vec![Problem::new(what, error, "an object of options, each once")])
        })
    }

    /// Adds an option that was read.
    ///
    /// # Errors
    /// What is wrong, if it is there already.
    pub(crate) fn insert(&mut self, name: String, value: Loose) -> Result<(), String> {
        insert(&mut self.values, name, value)
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

    /// Adds the problems of the object at `place`, of which only `known` may be left.
    pub(crate) fn merge_at(&mut self, place: &str, inner: Self, known: &[&str]) {
        let Err(error) = inner.finish(place, known) else { return };
        for Problem { field, value, bound } in error.problems() {
            self.problem(&format!("{place}.{field}"), value, bound);
        }
    }

    /// Takes the names of the options that nobody took.
    pub fn take_names(&mut self) -> Vec<String> {
        let left = std::mem::take(&mut self.values).into_iter();
        left.filter(|(_, value)| *value != Loose::Null).map(|(name, _)| name).collect()
    }

    /// Whether something is wrong with `field`.
    pub fn is_wrong(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }

    /// Whether something is wrong with a field that `is_one` says is one of them.
    pub fn has_problems_of(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.problems.iter().any(|problem| is_one(&problem.field))
    }

    /// Adds problems that were found elsewhere.
    pub(crate) fn add_problems(&mut self, problems: &[Problem]) {
        self.problems.extend_from_slice(problems);
    }

    /// Takes `name` out; `null` counts as absent, as in EMQX.
    pub fn take(&mut self, name: &str) -> Option<Loose> {
        self.values.remove(name).filter(|value| *value != Loose::Null)
    }

    /// Gives `name` a value, unless it has one.
    pub(super) fn fill(&mut self, name: &str, default: &str) {
        if matches!(self.values.get(name), None | Some(Loose::Null)) {
            self.values.insert(name.to_owned(), Loose::Text(default.to_owned()));
        }
    }

    /// Adds a problem: that `field` holds `value` but must be `bound`.
    pub fn problem(&mut self, field: &str, value: impl fmt::Display, bound: impl Into<String>) {
        self.problems.push(Problem::new(field, value, bound));
    }

    /// Ends the reading: what is left has names that nobody knows.
    ///
    /// # Errors
    /// All problems at once, if there are any.
    pub fn finish(mut self, what: &str, known: &[&str]) -> Result<()> {
        let unknown = std::mem::take(&mut self.values);
        for (name, value) in unknown.into_iter().filter(|(_, value)| *value != Loose::Null) {
            self.problem(&name, value, format!("left out: the options are {}", known.join(", ")));
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Error::invalid(what, self.problems)) }
    }
}
