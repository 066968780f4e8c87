//! Lua values as JSON has them.

mod access;
mod read;
mod serde;

use std::collections::BTreeMap;

/// A Lua value that JSON can hold.
///
/// A number without a fraction is whole, whatever type Lua gives it: Lua 5.1 and LuaJIT have one type
/// for both. None is beyond 2^53 − 1 either way, since Lua 5.1 changes larger ones silently.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Null,
    Flag(bool),
    Whole(i64),
    Fraction(f64),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
    /// `{}`: a list where one is expected, else an object.
    Empty,
}
