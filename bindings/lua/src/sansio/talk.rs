//! One question to a cluster.

use super::milliseconds;
use crate::reply::{error_table, refuse, to_lua};
use crate::stored::unread;
use crate::tree::Tree;
use emqx_rebalance_core::Result;
use emqx_rebalance_exchange::sansio::{HttpAnswer, Talk as Conversation, TalkStep};
use mlua::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One question to a cluster, whatever its answer is.
pub(crate) struct Talk(Box<dyn Question>);

/// A conversation whose result is known as a Lua value only.
trait Question {
    fn step(&mut self, lua: &Lua, now_ms: u64, answers: Vec<HttpAnswer>) -> LuaResult<LuaTable>;
}

impl<T: Serialize> Question for Conversation<T> {
    fn step(&mut self, lua: &Lua, now_ms: u64, answers: Vec<HttpAnswer>) -> LuaResult<LuaTable> {
        let TalkStep { requests, wake_at_ms, result } = Self::step(self, now_ms, answers);
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
}

impl Talk {
    pub(crate) fn new<T: Serialize + 'static>(conversation: Conversation<T>) -> Self {
        Self(Box::new(conversation))
    }
}

impl LuaUserData for Talk {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("step", |lua, talk, (now_ms, answers): (f64, LuaValue)| {
            match read_answers(lua, &answers) {
                Ok(answers) => talk.0.step(lua, milliseconds(now_ms), answers)?.into_lua_multi(lua),
                Err(error) => refuse(lua, &error),
            }
        });
    }
}

fn read_answers(lua: &Lua, answers: &LuaValue) -> Result<Vec<HttpAnswer>> {
    let tree = Tree::read_lossy(lua, answers, "answers")?;
    Option::deserialize(tree)
        .map(Option::unwrap_or_default)
        .map_err(|error| unread("answers", error, "a list of {id, status, body} and {id, error}"))
}

impl fmt::Debug for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Talk").finish_non_exhaustive()
    }
}
