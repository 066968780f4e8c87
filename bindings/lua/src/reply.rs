//! What a call gives back: its value, or `nil` and an error.

use emqx_rebalance_core::{Error, ErrorKind, Result};
use mlua::prelude::*;
use serde::Serialize;

/// `result` as a Lua function returns it: the value, or `nil` and a table of the core's error.
pub(crate) fn reply<T: Serialize>(lua: &Lua, result: Result<T>) -> LuaResult<LuaMultiValue> {
    match result {
        Ok(value) => to_lua(lua, &value)?.into_lua_multi(lua),
        Err(error) => refuse(lua, &error),
    }
}

/// What Lua looks after, or `nil` and an error.
pub(crate) fn given(
    lua: &Lua,
    made: Result<impl LuaUserData + 'static>,
) -> LuaResult<LuaMultiValue> {
    match made {
        Ok(made) => lua.create_userdata(made)?.into_lua_multi(lua),
        Err(error) => refuse(lua, &error),
    }
}

/// The error of whoever waited in vain for `what`, which goes on.
pub(crate) fn late(what: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("there is no {what} yet; wait again"))
}

/// The error of a run that is driven no more.
pub(crate) fn detached() -> Error {
    let message = "nobody drives this run any more; EMQX goes on by itself: resume its state";
    Error::new(ErrorKind::Conflict, message)
}

/// `nil` and `error`.
pub(crate) fn refuse(lua: &Lua, error: &Error) -> LuaResult<LuaMultiValue> {
    (LuaValue::Nil, error_table(lua, error)?).into_lua_multi(lua)
}

/// The tables of a value's JSON. What is absent in JSON is `nil`; lists know that they are lists.
pub(crate) fn to_lua<T: Serialize>(lua: &Lua, value: &T) -> LuaResult<LuaValue> {
    lua.to_value_with(value, LuaSerializeOptions::new().serialize_none_to_null(false))
}

/// `{kind, message, context, problems?, retryable}`, which prints as one line.
pub(crate) fn error_table(lua: &Lua, error: &Error) -> LuaResult<LuaTable> {
    let table = LuaTable::from_lua(to_lua(lua, error)?, lua)?;
    table.set_metatable(Some(lua.named_registry_value(ERROR)?))?;
    Ok(table)
}

/// Makes the metatable of errors.
pub(crate) fn register(lua: &Lua) -> LuaResult<()> {
    let metatable = lua.create_table()?;
    metatable.set("__name", ERROR)?;
    let line = |_: &Lua, error: LuaTable| {
        let (kind, message): (LuaValue, LuaValue) = (error.get("kind")?, error.get("message")?);
        Ok(format!("{}: {}", kind.to_string()?, message.to_string()?))
    };
    metatable.set("__tostring", lua.create_function(line)?)?;
    lua.set_named_registry_value(ERROR, metatable)
}

const ERROR: &str = "emqx_rebalance.error";
