//! What an option may hold.

use super::fields::Fields;
use super::loose::Loose;
use crate::duration;
use crate::node::NodeName;
use crate::units::MAX_COUNT;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

impl Fields {
    /// Takes `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Loose::Bool(flag) => Some(flag),
            value => {
                self.problem(name, value, "true or false");
                None
            }
        }
    }

    /// Takes a whole number, or its decimal text, from `min` to `max`.
    pub fn whole(&mut self, name: &str, min: u32, max: u32) -> Option<u32> {
        let value = self.take(name)?;
        let number = match &value {
            Loose::Text(text) => text.parse().ok(),
            value => value.integer().and_then(|number| u32::try_from(number).ok()),
        };
        let good = number.filter(|n| (min..=max).contains(n));
        if good.is_none() {
            let range = format!("a whole number from {min} to {max}");
            self.problem(name, value, if min == max { min.to_string() } else { range });
        }
        good
    }

    /// Takes a count: a whole number that is not negative.
    pub(crate) fn count(&mut self, name: &str) -> Option<u64> {
        let value = self.take(name)?;
        let count = value.integer().and_then(|number| u64::try_from(number).ok());
        if count.is_none() {
            self.problem(name, value, format!("a whole number from 0 to {MAX_COUNT}"));
        }
        count
    }

    /// Takes a number, or its decimal text, for which `good` holds; `bound` says so in words.
    pub fn number(&mut self, name: &str, bound: &str, good: impl Fn(f64) -> bool) -> Option<f64> {
        let value = self.take(name)?;
        let number = match &value {
            Loose::Text(text) => text.parse().ok(),
            value => value.number(),
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
            Loose::Text(text) => duration::parse_seconds(text),
            value => value.integer().and_then(|number| u32::try_from(number).ok()),
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
        let list = match &value {
            Loose::List(list) if good(list) => list.as_slice(),
            Loose::Object(members) if members.is_empty() && good(&[]) => &[],
            _ => {
                self.problem(name, value, bound);
                return None;
            }
        };
        let mut names = Vec::new();
        for (i, item) in list.iter().enumerate() {
            match node_name(item) {
                Some(node) => names.push(node),
                None => self.problem(&format!("{name}[{i}]"), item, A_NODE),
            }
        }
        (names.len() == list.len()).then_some(names)
    }

    /// Takes an object.
    pub(crate) fn object(&mut self, name: &str, bound: &str) -> Option<Self> {
        match self.take(name)? {
            Loose::Object(values) => Some(values.into()),
            value => {
                self.problem(name, value, bound);
                None
            }
        }
    }

    /// Takes an object of numbers more than 0 by node name; none counts as absent.
    pub(crate) fn shares(&mut self, name: &str) -> Option<BTreeMap<NodeName, f64>> {
        let is_empty = |value: &Loose| matches!(value, Loose::List(list) if list.is_empty());
        // Lua tells an empty object from an empty list by nothing.
        let value = self.take(name).filter(|value| !is_empty(value));
        self.values.extend(value.map(|value| (name.to_owned(), value)));
        let mut inner = self.object(name, "an object of numbers by node name")?;
        let mut shares = BTreeMap::new();
        for node in inner.values.keys().cloned().collect::<Vec<_>>() {
            match NodeName::new(node.as_str()) {
                Ok(known) => {
                    let share = inner.number(&node, "a number more than 0", |share| share > 0.0);
                    shares.extend(share.map(|share| (known, share)));
                }
                Err(problem) => {
                    inner.take(&node);
                    inner.add_problems(&[problem]);
                }
            }
        }
        self.merge_at(name, inner, &[]);
        Some(shares)
    }

    /// Takes a list of at least one object, each with its place in the list; it must be there.
    pub(crate) fn objects(&mut self, name: &str, bound: &str) -> Vec<(usize, Self)> {
        let list = match self.take(name) {
            Some(Loose::List(list)) if !list.is_empty() => list,
            Some(Loose::List(_)) => return self.no_objects(name, "[]", bound),
            Some(value) => return self.no_objects(name, value, bound),
            None => return self.no_objects(name, ABSENT, bound),
        };
        let mut objects = Vec::new();
        for (i, value) in list.into_iter().enumerate() {
            match value {
                Loose::Object(values) => objects.push((i, values.into())),
                value => self.problem(&format!("{name}[{i}]"), value, "an object"),
            }
        }
        objects
    }

    fn no_objects(
        &mut self,
        name: &str,
        value: impl fmt::Display,
        bound: &str,
    ) -> Vec<(usize, Self)> {
        self.problem(name, value, bound);
        Vec::new()
    }

    /// Notes the problem if `name` is not there.
    pub fn need(&mut self, name: &str) {
        if matches!(self.values.get(name), None | Some(Loose::Null)) {
            self.problem(name, ABSENT, "given");
        }
    }

    /// Takes the name of a node, which must be there.
    pub(crate) fn needed_node(&mut self, name: &str) -> Option<NodeName> {
        if matches!(self.values.get(name), None | Some(Loose::Null)) {
            self.problem(name, ABSENT, A_NODE);
        }
        self.node(name)
    }

    /// Takes the name of a node.
    pub(crate) fn node(&mut self, name: &str) -> Option<NodeName> {
        let value = self.take(name)?;
        let node = node_name(&value);
        if node.is_none() {
            self.problem(name, value, A_NODE);
        }
        node
    }

    /// Takes a text of so many `bytes`.
    pub fn text(&mut self, name: &str, bytes: RangeInclusive<usize>) -> Option<String> {
        match self.take(name)? {
            Loose::Text(text) if bytes.contains(&text.len()) => Some(text),
            value => {
                let bound = format!("a text of {} to {} bytes", bytes.start(), bytes.end());
                self.problem(name, value, bound);
                None
            }
        }
    }
}

fn node_name(value: &Loose) -> Option<NodeName> {
    match value {
        Loose::Text(name) => NodeName::new(name.as_str()).ok(),
        _ => None,
    }
}

/// What a field holds that is not there.
pub(crate) const ABSENT: &str = "absent";
const A_NODE: &str = "a node name such as `emqx@10.0.0.1`";
