//! From Lua: what is a list, what is an object, and which numbers are too large.

use emqx_rebalance_core::{Error, Loose, MAX_COUNT, Problem, Result};
use mlua::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// Reads `value`; `what` names it in the error. `{}` is an object without members, which is taken for a
/// list where one is expected.
///
/// # Errors
/// `config_invalid` with the place of everything that JSON cannot hold. Places count from 0, as in every
/// other language.
pub(crate) fn loose(lua: &Lua, value: &LuaValue, what: &str) -> Result<Loose> {
    Reader::new(lua, what).read(value)
}

/// Reads what came from the network: bytes that are no UTF-8 become `U+FFFD`.
///
/// # Errors
/// As [`loose`].
pub(crate) fn loose_lossy(lua: &Lua, value: &LuaValue, what: &str) -> Result<Loose> {
    Reader { is_lossy: true, ..Reader::new(lua, what) }.read(value)
}

/// Reads JSON whose every number Lua holds; `what` names it in the error.
pub(crate) fn parse(text: &LuaString, what: &str) -> Result<Value> {
    let problem =
        |value: String, bound: &str| Error::invalid(what, vec![Problem::new("text", value, bound)]);
    match serde_json::from_slice(&text.as_bytes()) {
        Ok(value) if fits(&value) => Ok(value),
        Ok(_) => Err(problem("a number beyond 2^53 - 1".to_owned(), "of smaller numbers")),
        Err(error) => Err(problem(error.to_string(), "JSON")),
    }
}

/// Whether Lua holds every number of `value` unchanged.
fn fits(value: &Value) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "2^53 − 1 is exact")]
    let most = MAX_COUNT as f64;
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() <= most),
        Value::Array(list) => list.iter().all(fits),
        Value::Object(object) => object.values().all(fits),
        _ => true,
    }
}

/// `number`, if JSON carries it unchanged to every language. Without a fraction it is whole, whatever
/// type Lua gives it: Lua 5.1 and LuaJIT have one type for both, and change those beyond 2^53 silently.
fn number(number: f64) -> Option<Loose> {
    #[expect(clippy::cast_precision_loss, reason = "2^53 − 1 is exact")]
    let most = MAX_COUNT as f64;
    if !(-most..=most).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
    Some(if number.fract() == 0.0 { Loose::Whole(number as i128) } else { Loose::Fraction(number) })
}

struct Reader<'a> {
    /// The metatable of what is a list even if it is empty.
    lists: LuaTable,
    path: Vec<Place>,
    problems: Vec<Problem>,
    what: &'a str,
    /// A table may be within itself, and then reading has no end.
    is_too_deep: bool,
    is_lossy: bool,
}

enum Place {
    Key(String),
    Index(usize),
}

impl<'a> Reader<'a> {
    fn new(lua: &Lua, what: &'a str) -> Self {
        Self {
            lists: lua.array_metatable(),
            path: Vec::new(),
            problems: Vec::new(),
            what,
            is_too_deep: false,
            is_lossy: false,
        }
    }

    fn read(mut self, value: &LuaValue) -> Result<Loose> {
        let read = self.value(value);
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(Error::invalid(self.what, self.problems))
        }
    }

    fn value(&mut self, value: &LuaValue) -> Loose {
        match value {
            LuaValue::Nil => Loose::Null,
            LuaValue::LightUserData(pointer) if pointer.0.is_null() => Loose::Null,
            LuaValue::Boolean(flag) => Loose::Bool(*flag),
            LuaValue::Integer(number) if number.unsigned_abs() > MAX_COUNT => {
                self.problem(number, NUMBER)
            }
            LuaValue::Integer(number) => Loose::Whole((*number).into()),
            LuaValue::Number(given) => {
                number(*given).unwrap_or_else(|| self.problem(given, NUMBER))
            }
            LuaValue::String(text) => match text.to_str() {
                Ok(text) => Loose::Text(text.to_owned()),
                Err(_) if self.is_lossy => Loose::Text(text.to_string_lossy()),
                Err(_) => self.problem("a string of other bytes", "UTF-8"),
            },
            LuaValue::Table(table) => self.table(table),
            other => {
                self.problem(format!("of type {}", other.type_name()), "a value that JSON has")
            }
        }
    }

    fn table(&mut self, table: &LuaTable) -> Loose {
        if self.path.len() >= MAX_DEPTH {
            self.is_too_deep = true;
            return self.problem("a table", "nested less deeply, and not in itself");
        }
        let (mut list, mut object) = (BTreeMap::new(), BTreeMap::new());
        for pair in table.pairs::<LuaValue, LuaValue>() {
            match pair {
                Ok((LuaValue::Integer(index), value)) => drop(list.insert(index, value)),
                Ok((LuaValue::String(key), value)) => {
                    object.insert(key.to_string_lossy(), value);
                }
                _ => return self.problem("a table with other keys", "a list or an object"),
            }
        }
        match (list.is_empty(), object.is_empty()) {
            (true, true) if table.metatable().as_ref() == Some(&self.lists) => Loose::List(vec![]),
            (false, true) => self.list(list),
            (true, _) => self.object(object),
            (false, false) => self.problem("a list with names", "either a list or an object"),
        }
    }

    fn list(&mut self, list: BTreeMap<i64, LuaValue>) -> Loose {
        if !list.keys().zip(1..).all(|(index, expected)| *index == expected) {
            return self.problem("a list with holes", "a list from 1 on, without `nil`");
        }
        let values = list.into_values().enumerate();
        Loose::List(values.map(|(i, value)| self.within(Place::Index(i), &value)).collect())
    }

    fn object(&mut self, object: BTreeMap<String, LuaValue>) -> Loose {
        let member = |(key, value): (String, LuaValue)| {
            let read = self.within(Place::Key(key.clone()), &value);
            (key, read)
        };
        Loose::Object(object.into_iter().map(member).collect())
    }

    fn within(&mut self, place: Place, value: &LuaValue) -> Loose {
        if self.is_too_deep || self.problems.len() >= MAX_PROBLEMS {
            return Loose::Null;
        }
        self.path.push(place);
        let read = self.value(value);
        self.path.pop();
        read
    }

    fn problem(&mut self, value: impl Display, bound: &str) -> Loose {
        let field = if self.path.is_empty() { self.what.to_owned() } else { shown(&self.path) };
        self.problems.push(Problem::new(field, value, bound));
        Loose::Null
    }
}

/// A place as people write it: `snapshot.nodes[0].connections`.
fn shown(path: &[Place]) -> String {
    path.iter().take(MAX_SHOWN).fold(String::new(), |mut text, place| {
        // Writing to a string cannot fail.
        let _ = match place {
            Place::Index(i) => write!(text, "[{i}]"),
            Place::Key(key) if text.is_empty() => write!(text, "{key}"),
            Place::Key(key) => write!(text, ".{key}"),
        };
        text
    })
}

/// The JSON of this project has at most 8 levels.
const MAX_DEPTH: usize = 64;
/// Enough to see where it is.
const MAX_SHOWN: usize = 8;
/// Enough to see what is wrong.
const MAX_PROBLEMS: usize = 20;
const NUMBER: &str = "a number from -9007199254740991 to 9007199254740991";
