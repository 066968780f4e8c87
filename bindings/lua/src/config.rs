//! Which cluster, who asks, and how patiently: from a Lua table, files and the environment.

use crate::tables::loose;
use emqx_rebalance_core::Result;
use emqx_rebalance_exchange::{Access, Dialect, Outside};
use mlua::prelude::*;
use std::{env, fs};

/// Reads the table that `rebalance.cluster` takes.
///
/// # Errors
/// `config_invalid` with every problem at once.
pub(crate) fn access(lua: &Lua, config: &LuaValue) -> Result<Access> {
    Access::read(loose(lua, config, "cluster")?, Dialect::LUA, &Machine)
}

/// This machine's files and this process's environment.
struct Machine;

impl Outside for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The secret without the line end that editors add.
    fn secret(&self, file: &str) -> Result<String, String> {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.is_empty() { Err("it is empty".to_owned()) } else { Ok(secret.to_owned()) }
    }
}
