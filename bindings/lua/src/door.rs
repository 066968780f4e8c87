//! What the clusters of both transports have in common, and their runs: methods named by what they ask,
//! begin or look at.

use crate::reply::{given, reply};
use crate::tables::{loose, parse};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, Problem, Result};
use emqx_rebalance_exchange::{Access, Dialect, Outside, Question, job};
use emqx_rebalance_report::Wishes;
use mlua::prelude::*;
use serde::Deserialize;
use std::env;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// A cluster of Lua.
pub(crate) trait Door: LuaUserData + 'static {
    /// A question on its way.
    type Asked: LuaUserData + 'static;
    /// A job on its way.
    type Driven: Watched;

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

/// A run of Lua.
pub(crate) trait Watched: LuaUserData + 'static {
    /// What `look` finds in all that is known of it.
    fn look<T>(&self, look: impl FnOnce(&Driver) -> T) -> Result<T>;

    /// The page about it, as far as it is.
    fn report(&self, wishes: &Wishes) -> Result<String>;
}

/// Adds the methods of a cluster.
pub(crate) fn add_methods<C: Door, M: LuaUserDataMethods<C>>(methods: &mut M) {
    for verb in Question::VERBS {
        methods.add_method(verb, move |lua, cluster, about: LuaValue| {
            let question =
                loose(lua, &about, "request").and_then(|about| Question::read(verb, about));
            given(lua, question.and_then(|question| cluster.ask(question)))
        });
    }
    for verb in JOBS {
        methods.add_method(verb, move |lua, cluster, (about, file): (LuaValue, LuaValue)| {
            // Whoever calls has seen that it is a text, if it is there.
            let file = file.as_string().map(|file| PathBuf::from(file.to_string_lossy()));
            let driver = match &about {
                LuaValue::String(text) => parse(text, "state").and_then(|state| job(verb, state)),
                table => loose(lua, table, "request").and_then(|request| job(verb, request)),
            };
            given(lua, driver.and_then(|driver| cluster.drive(driver, verb == "resume", file)))
        });
    }
}

/// Adds the methods of a run that look at what is known of it.
pub(crate) fn add_looks<R: Watched, M: LuaUserDataMethods<R>>(methods: &mut M) {
    methods.add_method("state", |lua, run, ()| {
        reply(lua, run.look(|driver| serde_json::to_string(driver).ok()))
    });
    methods.add_method("record", |lua, run, ()| reply(lua, run.look(Driver::record)));
    methods.add_method("report", |lua, run, options: LuaValue| {
        reply(lua, wishes(lua, &options).and_then(|wishes| run.report(&wishes)))
    });
}

/// What a caller says of a page.
pub(crate) fn wishes(lua: &Lua, options: &LuaValue) -> Result<Wishes> {
    let wishes = Option::deserialize(loose(lua, options, "options")?);
    let bound = "an object with the texts title and made_at";
    wishes.map(Option::unwrap_or_default).map_err(|error| unread("options", error, bound))
}

/// That `field` holds `value` but must be `bound`.
pub(crate) fn unread(field: &str, value: impl Display, bound: &str) -> Error {
    Error::invalid(field, vec![Problem::new(field, value, bound)])
}

/// Reads the table that `rebalance.cluster` takes: which cluster, who asks, and how patiently.
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
        let mut text = String::new();
        let read =
            File::open(file).and_then(|file| file.take(MAX_SECRET).read_to_string(&mut text));
        read.map_err(|error| error.to_string())?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.is_empty() { Err("it is empty".to_owned()) } else { Ok(secret.to_owned()) }
    }
}

/// Bytes of a secret: a device has no end.
const MAX_SECRET: u64 = 1 << 20;
/// What a job begins with.
const JOBS: [&str; 3] = ["start", "start_evacuation", "resume"];
