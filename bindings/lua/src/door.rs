//! What the clusters of both transports have in common: their methods, named by what they ask or begin.

use crate::offline::parse;
use crate::reply::given;
use crate::tables::loose;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, Problem, Result};
use emqx_rebalance_exchange::{Question, job};
use mlua::prelude::*;
use std::fmt::Display;
use std::path::PathBuf;

/// A cluster of Lua.
pub(crate) trait Door: LuaUserData + 'static {
    /// A question on its way.
    type Asked: LuaUserData + 'static;
    /// A job on its way.
    type Driven: LuaUserData + 'static;

    /// Begins to ask.
    fn ask(&self, question: Question) -> Result<Self::Asked>;

    /// Has `driver`, which `is_resumed` or new, begin, and keeps its state in `file` if it can.
    fn drive(
        &self,
        driver: Driver,
        is_resumed: bool,
        file: Option<PathBuf>,
    ) -> Result<Self::Driven>;
}

/// Adds the methods of a cluster.
pub(crate) fn add_methods<C: Door, M: LuaUserDataMethods<C>>(methods: &mut M) {
    for verb in Question::VERBS {
        methods.add_method(verb, move |lua, cluster, about: LuaValue| {
            let question = loose(lua, &about, "request");
            let question = question.and_then(|about| Question::read(verb, about));
            given(lua, question.and_then(|question| cluster.ask(question)))
        });
    }
    for (name, verb) in JOBS {
        methods.add_method(
            name,
            move |lua, cluster, (about, file): (LuaValue, Option<PathBuf>)| {
                let driver = match &about {
                    LuaValue::String(text) => {
                        parse(text, "state").and_then(|state| job(verb, state))
                    }
                    table => loose(lua, table, "request").and_then(|request| job(verb, request)),
                };
                given(lua, driver.and_then(|driver| cluster.drive(driver, verb == "resume", file)))
            },
        );
    }
}

/// That `field` holds `value` but must be `bound`.
pub(crate) fn unread(field: &str, value: impl Display, bound: &str) -> Error {
    Error::invalid(field, vec![Problem::new(field, value, bound)])
}

/// Lua's words for what a job begins with.
const JOBS: [(&str, &str); 3] =
    [("start", "start"), ("evacuate", "start_evacuation"), ("resume", "resume")];
