//! What an option may hold.

use super::fields::Fields;
use super::info::{NumberRange, Shape};
use super::spec::{Kind, Spec};
use crate::node::NodeName;
use std::collections::BTreeMap;

/// A whole number.
#[derive(Clone, Copy)]
pub(crate) struct Whole {
    min: u32,
    max: u32,
}

/// A whole number from `min` to `max`.
pub(crate) const fn whole(min: u32, max: u32) -> Spec<Whole> {
    Spec::new(Whole { min, max })
}

impl Kind for Whole {
    type Value = u32;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<u32> {
        fields.whole(name, self.min, self.max)
    }

    fn shape(&self) -> Shape {
        Shape::Whole { min: self.min, max: self.max }
    }
}

/// Seconds.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(u32);

/// Whole seconds up to `max`, or text such as `1m30s`.
pub(crate) const fn seconds(max: u32) -> Spec<Seconds> {
    Spec::new(Seconds(max)).of("s")
}

impl Kind for Seconds {
    type Value = u32;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<u32> {
        fields.seconds(name, self.0)
    }

    fn shape(&self) -> Shape {
        Shape::Seconds { max: self.0 }
    }
}

/// A number within a range.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    range: &'static NumberRange,
    is_checked: bool,
}

/// A number in `range`.
pub(crate) const fn number(range: &'static NumberRange) -> Spec<Number> {
    Spec::new(Number { range, is_checked: true })
}

/// A number that the planner holds to `range`, since hosts may set it without reading it.
pub(crate) const fn unchecked(range: &'static NumberRange) -> Spec<Number> {
    Spec::new(Number { range, is_checked: false })
}

impl Kind for Number {
    type Value = f64;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<f64> {
        let is_good = |number| !self.is_checked || self.range.holds(number);
        fields.number(name, self.range.words, is_good)
    }

    fn shape(&self) -> Shape {
        Shape::Number(self.range)
    }
}

/// One of some words.
pub(crate) struct Word<T: 'static>(&'static [(&'static str, T)]);

impl<T> Clone for Word<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Word<T> {}

/// One of `words`.
pub(crate) const fn word<T: Copy>(words: &'static [(&'static str, T)]) -> Spec<Word<T>> {
    Spec::new(Word(words))
}

impl<T: Copy> Kind for Word<T> {
    type Value = T;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<T> {
        fields.word(name, self.0)
    }

    fn shape(&self) -> Shape {
        Shape::Word(self.0.iter().map(|(word, _)| *word).collect())
    }
}

/// A text of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Text(usize);

/// A text of 1 to `max` bytes.
pub(crate) const fn text(max: usize) -> Spec<Text> {
    Spec::new(Text(max))
}

impl Kind for Text {
    type Value = String;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<String> {
        fields.text(name, 1..=self.0)
    }

    fn shape(&self) -> Shape {
        Shape::Text { max: self.0 }
    }
}

/// Nodes by their names.
macro_rules! of_nodes {
    ($($Kind:ident, $new:ident: $Value:ty, $shape:ident, $about:literal;)+) => {
        $(
            #[doc = $about]
            #[derive(Clone, Copy)]
            pub(crate) struct $Kind;

            #[doc = $about]
            pub(crate) const fn $new() -> Spec<$Kind> {
                Spec::new($Kind)
            }

            impl Kind for $Kind {
                type Value = $Value;

                fn take(&self, fields: &mut Fields, name: &str) -> Option<$Value> {
                    fields.$new(name)
                }

                fn shape(&self) -> Shape {
                    Shape::$shape
                }
            }
        )+
    };
}

of_nodes! {
    Node, node: NodeName, Node, "The name of a node.";
    Nodes, nodes: Vec<NodeName>, Nodes, "The names of at least one node.";
    AnyNodes, any_nodes: Vec<NodeName>, AnyNodes, "The names of nodes, of none as well.";
    Shares, shares: BTreeMap<NodeName, f64>, Shares, "Numbers more than 0, by the name of a node.";
}
