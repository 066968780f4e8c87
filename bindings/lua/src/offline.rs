//! What needs no cluster: plans, and reading what others wrote.

use crate::door::{unread, wishes};
use crate::reply::reply;
use crate::tables::{loose, parse};
use emqx_rebalance_core::driver::{Record, Status};
use emqx_rebalance_core::{EvacuationRequest, PlanRequest, Result};
use emqx_rebalance_report::report_of_record;
use mlua::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Adds these functions to `native`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    native.set("null", LuaValue::NULL)?;
    native.set("array_metatable", lua.array_metatable())?;
    add(lua, native, "plan", |lua, request, _| {
        PlanRequest::read(loose(lua, request, "plan request")?)?.plan()
    })?;
    add(lua, native, "plan_evacuation", |lua, request, _| {
        EvacuationRequest::read(loose(lua, request, "evacuation request")?)?.plan()
    })?;
    add(lua, native, "status", |lua, status, _| read::<Status>(lua, status, "status"))?;
    add(lua, native, "record", |lua, record, _| read::<Record>(lua, record, "record"))?;
    add(lua, native, "report", |lua, record, options| {
        report_of_record(&read(lua, record, "record")?, &wishes(lua, options)?)
    })?;
    add(lua, native, "from_json", |_, text, _| match text {
        LuaValue::String(text) => parse(text, "JSON"),
        other => Err(unread("text", other.type_name(), "a text")),
    })?;
    add(lua, native, "to_json", |lua, value, _| {
        let written = serde_json::to_string(&loose(lua, value, "value")?);
        written.map_err(|error| unread("value", error, "a value that JSON has"))
    })
}

/// Adds a function of up to two values.
fn add<T: Serialize>(
    lua: &Lua,
    native: &LuaTable,
    name: &str,
    work: impl Fn(&Lua, &LuaValue, &LuaValue) -> Result<T> + 'static,
) -> LuaResult<()> {
    let call =
        move |lua: &Lua, (one, other): (LuaValue, LuaValue)| reply(lua, work(lua, &one, &other));
    native.set(name, lua.create_function(call)?)
}

/// Reads a value of the core from its JSON text or its table.
fn read<T: DeserializeOwned>(lua: &Lua, value: &LuaValue, what: &str) -> Result<T> {
    let bound = format!("the JSON of a {what}, or its table");
    if let LuaValue::String(text) = value {
        return T::deserialize(parse(text, what)?).map_err(|error| unread(what, error, &bound));
    }
    T::deserialize(loose(lua, value, what)?).map_err(|error| unread(what, error, &bound))
}
