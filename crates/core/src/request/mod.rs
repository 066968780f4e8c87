//! Calls as one object each, so that every language reads the same JSON: what is worked on, such as
//! a snapshot or a plan, and beside it any options by name.

mod evacuation;
mod plan;
mod start;

pub use evacuation::EvacuationRequest;
pub use plan::PlanRequest;
pub use start::StartRequest;

use crate::error::{Error, Problem, Result};
use crate::input::{ABSENT, Fields, FromFields};
use crate::snapshot::Snapshot;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What stands in a request beside its options.
trait Beside<'de>: Default {
    /// Takes the member `name` out of `map` if it is one of these, and says so.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// Reads one object into what stands beside the options, and the options.
///
/// # Errors
/// `config_invalid` if it is no object, names a member twice, or holds something that is not what
/// it should be.
fn read<'de, D: Deserializer<'de>, B: Beside<'de>>(
    deserializer: D,
    what: &str,
) -> Result<(B, Fields)> {
    let Mixed { beside, fields } = Mixed::deserialize(deserializer).map_err(|error| {
        let problem = Problem::new(what, error, "an object of the documented members, each once");
        Error::invalid(what, vec![problem])
    })?;
    Ok((beside, fields))
}

struct Mixed<B> {
    beside: B,
    fields: Fields,
}

impl<'de, B: Beside<'de>> Deserialize<'de> for Mixed<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MixedVisitor(PhantomData))
    }
}

struct MixedVisitor<B>(PhantomData<B>);

impl<'de, B: Beside<'de>> Visitor<'de> for MixedVisitor<B> {
    type Value = Mixed<B>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Mixed<B>, A::Error> {
        let mut mixed = Mixed { beside: B::default(), fields: Fields::default() };
        while let Some(name) = map.next_key::<String>()? {
            if !mixed.beside.take(&name, &mut map)? {
                mixed.fields.insert(name, map.next_value()?).map_err(A::Error::custom)?;
            }
        }
        Ok(mixed)
    }
}

/// Fills `slot` with the value of the member `name`, once.
fn fill<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    name: &str,
    map: &mut A,
) -> Result<bool, A::Error> {
    if slot.is_some() {
        return Err(A::Error::custom(format!("`{name}` is given twice")));
    }
    *slot = map.next_value()?;
    Ok(true)
}

/// The snapshot, if there is one and it is good; its problems go to those of the options.
fn checked(snapshot: Option<Fields>, fields: &mut Fields) -> Option<Snapshot> {
    let checked = Snapshot::from_fields(snapshot?);
    checked.map_err(|error| fields.add_problems(error.problems())).ok()
}

/// What a call needs and did not get.
fn missing(what: &str, field: &str, bound: &str) -> Error {
    Error::invalid(what, vec![Problem::new(field, ABSENT, bound)])
}
