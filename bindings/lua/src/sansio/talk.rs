//! One question to a cluster.

use super::milliseconds;
use crate::door::unread;
use crate::reply::{error_table, refuse, to_lua};
use crate::tables::loose_lossy;
use emqx_rebalance_core::Result;
use emqx_rebalance_exchange::Reply;
use emqx_rebalance_exchange::sansio::{self, HttpAnswer, TalkStep};
use mlua::prelude::*;
use serde::Deserialize;

/// One question to a cluster.
#[derive(Debug)]
pub(crate) struct Talk(pub(super) sansio::Talk<Reply>);

impl LuaUserData for Talk {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("step", |lua, talk, (now_ms, answers): (f64, LuaValue)| {
            match read_answers(lua, &answers) {
                Ok(answers) => {
                    told(lua, talk.0.step(milliseconds(now_ms), answers))?.into_lua_multi(lua)
                }
                Err(error) => refuse(lua, &error),
            }
        });
    }
}

/// A step as a table. Its error is one that prints as a line.
fn told(
    lua: &Lua,
    TalkStep { requests, wake_at_ms, result }: TalkStep<Reply>,
) -> LuaResult<LuaTable> {
    let step = lua.create_table()?;
    step.set("requests", to_lua(lua, &requests)?)?;
    step.set("wake_at_ms", wake_at_ms)?;
    match result {
        Some(Ok(value)) => step.set("result", to_lua(lua, &value)?)?,
        Some(Err(error)) => step.set("error", error_table(lua, &error)?)?,
        None => {}
    }
    Ok(step)
}

fn read_answers(lua: &Lua, answers: &LuaValue) -> Result<Vec<HttpAnswer>> {
    Option::deserialize(loose_lossy(lua, answers, "answers")?)
        .map(Option::unwrap_or_default)
        .map_err(|error| unread("answers", error, "a list of {id, status, body} and {id, error}"))
}
