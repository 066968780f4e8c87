//! `require "emqx_rebalance"`: plans, drives and watches the rebalancing of EMQX clusters from Lua.
//!
//! Here is conversion only: a Lua value in, a call of the core, a Lua value out. What a call takes
//! and gives is the JSON of the core. `facade.lua` is what users see: it checks the types of
//! arguments, and turns jobs into calls that wait.

mod offline;
mod reply;
mod tree;

use mlua::prelude::*;

/// The module, as Lua's `require` calls it.
#[mlua::lua_module(name = "emqx_rebalance")]
fn emqx_rebalance(lua: &Lua) -> LuaResult<LuaTable> {
    reply::register(lua)?;
    let native = lua.create_table()?;
    native.set("version", env!("CARGO_PKG_VERSION"))?;
    offline::register(lua, &native)?;
    lua.load(FACADE).set_name("=emqx_rebalance").call(native)
}

const FACADE: &str = include_str!("facade.lua");
