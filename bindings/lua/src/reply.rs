//! What a call gives back: its value, or `nil` and an error.

use emqx_rebalance_core::Result;
use mlua::prelude::*;
use serde::Serialize;

/// `result` as a Lua function returns it: the value, or `nil` and `{kind, message, context, problems?,
/// retryable}`, which prints as one line.
pub(crate) fn reply<T: Serialize>(lua: &Lua, result: Result<T>) -> LuaResult<LuaMultiValue> {
    let error = match result {
        Ok(value) => return to_lua(lua, &value)?.into_lua_multi(lua),
        Err(error) => LuaTable::from_lua(to_lua(lua, &error)?, lua)?,
    };
    error.set_metatable(Some(lua.named_registry_value(ERROR)?))?;
    (LuaValue::Nil, error).into_lua_multi(lua)
}

/// What Lua looks after, or `nil` and an error.
pub(crate) fn given(
    lua: &Lua,
    made: Result<impl LuaUserData + 'static>,
) -> LuaResult<LuaMultiValue> {
    match made {
        Ok(made) => lua.create_userdata(made)?.into_lua_multi(lua),
        Err(error) => reply::<()>(lua, Err(error)),
    }
}

/// The tables of a value's JSON. What is absent in JSON is `nil`; lists know that they are lists.
pub(crate) fn to_lua<T: Serialize>(lua: &Lua, value: &T) -> LuaResult<LuaValue> {
    lua.to_value_with(value, LuaSerializeOptions::new().serialize_none_to_null(false))
}

/// Adds `native.error_metatable`, which the facade completes.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let metatable = lua.create_table()?;
    native.set("error_metatable", &metatable)?;
    lua.set_named_registry_value(ERROR, metatable)
}

const ERROR: &str = "emqx_rebalance.error";
