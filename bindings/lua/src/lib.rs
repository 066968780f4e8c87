//! `require "emqx_rebalance"`: plans, drives and watches the rebalancing of EMQX clusters from Lua.
//!
//! Here is conversion only: a Lua value in, a call of the core, a Lua value out. What a call takes
//! and gives is the JSON of the core. The chunks in `facade` are what users see: they check the types
//! of arguments, and turn jobs into calls that wait.

mod door;
mod offline;
mod reply;
mod sansio;
mod tables;
#[cfg(feature = "transport")]
mod transport;
#[cfg(not(feature = "transport"))]
#[path = "no_transport.rs"]
mod transport;

use mlua::prelude::*;

/// The module, as Lua's `require` calls it.
#[mlua::lua_module(name = "emqx_rebalance")]
fn emqx_rebalance(lua: &Lua) -> LuaResult<LuaTable> {
    let native = lua.create_table()?;
    reply::register(lua, &native)?;
    native.set("version", env!("CARGO_PKG_VERSION"))?;
    offline::register(lua, &native)?;
    sansio::register(lua, &native)?;
    transport::register(lua, &native)?;
    let chunks = lua.create_table()?;
    for (name, text) in CHUNKS {
        chunks.set(name, lua.load(text).set_name("=emqx_rebalance").into_function()?)?;
    }
    lua.load(FACADE).set_name("=emqx_rebalance").call((native, chunks))
}

const FACADE: &str = include_str!("facade/init.lua");
const CHUNKS: [(&str, &str); 4] = [
    ("tools", include_str!("facade/tools.lua")),
    ("runs", include_str!("facade/runs.lua")),
    ("carry", include_str!("facade/carry.lua")),
    ("cluster", include_str!("facade/cluster.lua")),
];
