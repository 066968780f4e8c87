//! In place of the built-in transport where there is none.

use crate::reply::reply;
use emqx_rebalance_core::{Error, ErrorKind};
use mlua::prelude::*;

/// Adds a `native.cluster` that says what to do instead.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let refuse = |lua: &Lua, _: LuaValue| {
        let message = "this build has no HTTP client of its own: give `http`";
        reply::<()>(lua, Err(Error::new(ErrorKind::Unsupported, message)))
    };
    native.set("cluster", lua.create_function(refuse)?)
}
