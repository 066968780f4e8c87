//! A value of any type, before it is known what it has to be.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// A value as it was written. It may hold a secret; `Display` shows the beginning of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Loose {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number without a fraction.
    Whole(i128),
    /// Any other number.
    Fraction(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object. Without members it is what Lua writes for a list without items, too.
    Object(BTreeMap<String, Self>),
}

impl Loose {
    /// The value at a place: the names of members, from the outside in.
    pub fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |value, name| match value {
            Self::Object(members) => members.get(*name),
            _ => None,
        })
    }

    /// The whole number that it is, if it is one. `10.0` is 10, as it is where a language has but one
    /// kind of numbers.
    pub(crate) fn integer(&self) -> Option<i128> {
        match self {
            Self::Whole(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is small")]
            Self::Fraction(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Some(*number as i128)
            }
            _ => None,
        }
    }

    /// The number that it is, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "options are far below 2^53")]
            Self::Whole(number) => Some(*number as f64),
            Self::Fraction(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            // Shown as a number with a fraction, and in few digits.
            Self::Fraction(value) => write!(f, "{value:?}"),
            Self::Text(value) => f.write_str(&value.chars().take(MAX_SHOWN).collect::<String>()),
            Self::List(items) if items.is_empty() => f.write_str("[]"),
            Self::List(_) => f.write_str("a list"),
            Self::Object(_) => f.write_str("an object"),
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

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose, A::Error> {
        members(map).map(Loose::Object)
    }
}

/// The members of an object, each of which is there once.
pub(super) fn members<'de, A: MapAccess<'de>>(
    mut map: A,
) -> Result<BTreeMap<String, Loose>, A::Error> {
    let mut members = BTreeMap::new();
    while let Some((name, value)) = map.next_entry()? {
        insert(&mut members, name, value).map_err(A::Error::custom)?;
    }
    Ok(members)
}

/// Adds a member.
///
/// # Errors
/// What is wrong, if it is there already.
pub(super) fn insert(
    members: &mut BTreeMap<String, Loose>,
    name: String,
    value: Loose,
) -> Result<(), String> {
    match members.entry(name) {
        Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        Entry::Occupied(place) => Err(format!("`{}` is given twice", place.key())),
    }
}

const MAX_SHOWN: usize = 60;
/// 2^53: up to here every whole number is a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;
