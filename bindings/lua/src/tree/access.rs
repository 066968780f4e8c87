//! Members and items, each of whose errors says where it is.

use super::Tree;
use serde::de::value::Error as Unreadable;
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess};
use std::collections::{BTreeMap, btree_map};
use std::fmt::Display;
use std::iter::Enumerate;
use std::vec;

/// The members of an object.
pub(super) struct Members {
    rest: btree_map::IntoIter<String, Tree>,
    next: Option<(String, Tree)>,
}

impl Members {
    pub(super) fn new(object: BTreeMap<String, Tree>) -> Self {
        Self { rest: object.into_iter(), next: None }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        self.next = self.rest.next();
        let key = self.next.as_ref().map(|(key, _)| key.as_str().into_deserializer());
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Unreadable> {
        let missing = || Unreadable::custom("a value without a name");
        let (key, value) = self.next.take().ok_or_else(missing)?;
        seed.deserialize(value).map_err(|error| within(key, &error))
    }
}

/// The items of a list.
pub(super) struct Items(Enumerate<vec::IntoIter<Tree>>);

impl Items {
    pub(super) fn new(list: Vec<Tree>) -> Self {
        Self(list.into_iter().enumerate())
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        let Some((i, item)) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|error| within(i, &error))
    }
}

fn within(place: impl Display, error: &Unreadable) -> Unreadable {
    Unreadable::custom(format!("in `{place}`: {error}"))
}
