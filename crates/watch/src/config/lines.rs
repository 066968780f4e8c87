//! YAML as values, and the line that each of them is in.

use emqx_rebalance_core::{Loose, Problem};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// The lines of a file, by the place of what is there: `clusters[1].policy.mode`.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<String, u64>);

impl Lines {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it is no YAML, in one line.
    pub(super) fn read(text: &str) -> Result<(Loose, Self), String> {
        let tree: Spanned<Tree> =
            serde_saphyr::from_str(text).map_err(|error| words(&error.to_string()))?;
        let mut lines = Self::default();
        let value = lines.take(tree, String::new());
        Ok((value, lines))
    }

    /// The problem, with the line of what it is about, or of what that is missing from.
    pub(super) fn mark(&self, problem: &Problem) -> Problem {
        let mut place = problem.field.as_str();
        let line = loop {
            if let Some(line) = self.0.get(place) {
                break *line;
            }
            let Some(end) = place.rfind(['.', '[']) else { break 1 };
            place = &place[..end];
        };
        Problem { bound: format!("{} (line {line})", problem.bound), ..problem.clone() }
    }

    fn take(&mut self, tree: Spanned<Tree>, place: String) -> Loose {
        let value = match tree.value {
            Tree::Leaf(value) => value,
            Tree::List(list) => {
                let items = list.into_iter().enumerate();
                Loose::List(
                    items.map(|(i, item)| self.take(item, format!("{place}[{i}]"))).collect(),
                )
            }
            Tree::Object(members) => {
                let dot = if place.is_empty() { "" } else { "." };
                let take = |(name, value): (String, _)| {
                    let value = self.take(value, format!("{place}{dot}{name}"));
                    (name, value)
                };
                Loose::Object(members.into_iter().map(take).collect())
            }
        };
        self.0.insert(place, tree.referenced.line());
        value
    }
}

/// The first line of a reader's error, without its advice to programmers.
fn words(error: &str) -> String {
    error.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// A value whose parts know where they are.
enum Tree {
    Leaf(Loose),
    List(Vec<Spanned<Self>>),
    Object(BTreeMap<String, Spanned<Self>>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Bool(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Whole(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Whole(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Fraction(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Null))
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Loose::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Tree, D::Error> {
        Tree::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((name, value)) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            object.insert(name, value);
        }
        Ok(Tree::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_line() {
        let text =
            "store: a.db\nclusters:\n  - name: eu\n    policy:\n      mode: car\n  - {name: us}\n";
        let (value, lines) = Lines::read(text).unwrap();
        assert_eq!(value.at(&["store"]), Some(&Loose::Text("a.db".to_owned())));
        let line = |field: &str| lines.mark(&Problem::new(field, "x", "good")).bound;
        assert_eq!(line("clusters[0].policy.mode"), "good (line 5)");
        assert_eq!(line("clusters[1].url"), "good (line 6)");
        assert_eq!(line("nothing"), "good (line 1)");
        assert!(Lines::read("a: 1\na: 2\n").is_err());
        assert!(Lines::read("a: [").is_err());
    }
}
