//! What needs no cluster: plans, and reading what others wrote.

use crate::reply::{refuse, reply};
use crate::tables::loose;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{Error, EvacuationRequest, MAX_COUNT, PlanRequest, Problem, Result};
use mlua::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Adds these functions to `native`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    native.set("null", LuaValue::NULL)?;
    native.set("array_metatable", lua.array_metatable())?;
    native.set("plan", lua.create_function(plan)?)?;
    native.set("plan_evacuation", lua.create_function(plan_evacuation)?)?;
    native.set("status", lua.create_function(status)?)?;
    native.set("from_json", lua.create_function(from_json)?)?;
    native.set("to_json", lua.create_function(to_json)?)
}

fn plan(lua: &Lua, request: LuaValue) -> LuaResult<LuaMultiValue> {
    let request = loose(lua, &request, "plan request");
    reply(lua, request.and_then(PlanRequest::read).and_then(|request| request.plan()))
}

fn plan_evacuation(lua: &Lua, request: LuaValue) -> LuaResult<LuaMultiValue> {
    let request = loose(lua, &request, "evacuation request");
    reply(lua, request.and_then(EvacuationRequest::read).and_then(|request| request.plan()))
}

fn status(lua: &Lua, status: LuaValue) -> LuaResult<LuaMultiValue> {
    reply(lua, read::<Status>(lua, &status, "status"))
}

/// Reads a value of the core from its JSON text or its table.
fn read<T: DeserializeOwned>(lua: &Lua, value: &LuaValue, what: &str) -> Result<T> {
    if let LuaValue::String(text) = value {
        return T::deserialize(parse(text, what)?).map_err(|error| bad(what, error));
    }
    T::deserialize(loose(lua, value, what)?).map_err(|error| bad(what, error))
}

fn bad(what: &str, error: impl std::fmt::Display) -> Error {
    let bound = format!("the JSON of a {what}, or its table");
    Error::invalid(what, vec![Problem::new(what, error, bound)])
}

fn from_json(lua: &Lua, text: LuaString) -> LuaResult<LuaMultiValue> {
    reply(lua, parse(&text, "JSON"))
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

fn to_json(lua: &Lua, value: LuaValue) -> LuaResult<LuaMultiValue> {
    match loose(lua, &value, "value") {
        Ok(value) => serde_json::to_string(&value).into_lua_err()?.into_lua_multi(lua),
        Err(error) => refuse(lua, &error),
    }
}
