//! The built-in transport: HTTP on a background thread, so that no call of Lua waits for the network
//! unless it wants to.

use crate::door::{self, Door, Watched};
use crate::reply::{given, reply};
use emqx_rebalance_client::{Hosted, HostedRun, Limits, View, Work};
use emqx_rebalance_core::driver::{Driver, Event, Status};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::{Question, Reply};
use emqx_rebalance_report::Wishes;
use mlua::prelude::*;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// A cluster behind its URLs.
#[derive(Debug)]
struct Cluster(Hosted);

/// A question on its way.
#[derive(Debug)]
struct Asked(Work<Reply>);

/// A job on its way, and how many events Lua took.
#[derive(Debug)]
struct Run(HostedRun, usize);

/// Adds `native.cluster`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let cluster = |lua: &Lua, config: LuaValue| {
        let hosted = |access| Hosted::new(access, Limits::UNWATCHED).map(Cluster);
        given(lua, door::access(lua, &config).and_then(hosted))
    };
    native.set("cluster", lua.create_function(cluster)?)
}

impl Door for Cluster {
    type Asked = Asked;
    type Driven = Run;

    fn ask(&self, question: Question) -> Result<Asked> {
        self.0.ask(question).map(Asked)
    }

    fn drive(&self, driver: Driver, is_resumed: bool, file: Option<PathBuf>) -> Result<Run> {
        Ok(Run(self.0.drive(driver, is_resumed, file)?, 0))
    }
}

impl LuaUserData for Cluster {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        door::add_methods(methods);
        methods.add_method("close", |_, cluster, ()| {
            cluster.0.close();
            Ok(())
        });
    }
}

impl LuaUserData for Asked {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("poll", |lua, asked, ()| polled(lua, asked.0.poll()));
        methods.add_method("wait", |lua, asked, seconds| waited(lua, &asked.0, seconds, "answer"));
    }
}

impl Run {
    /// What nobody took yet, the newest thousand at most.
    fn take_events(&mut self) -> Result<Vec<Event>> {
        let taken = self.1;
        let (all, new) = self.0.look(|view| {
            let all = view.events().len();
            let new = view.events().iter().skip(taken.max(all.saturating_sub(MAX_EVENTS)));
            (all, new.cloned().collect())
        })?;
        self.1 = all;
        Ok(new)
    }
}

impl Watched for Run {
    fn look<T>(&self, look: impl FnOnce(&Driver) -> T) -> Result<T> {
        self.0.look(|view| look(view.driver()))
    }

    fn report(&self, wishes: &Wishes) -> Result<String> {
        self.0.report(wishes)
    }
}

impl LuaUserData for Run {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        door::add_looks(methods);
        methods.add_method("status", |lua, run, ()| reply(lua, run.0.look(status).flatten()));
        methods.add_method("poll", |lua, run, ()| polled(lua, run.0.verdict().poll()));
        methods.add_method("wait", |lua, run, seconds| {
            waited(lua, run.0.verdict(), seconds, "verdict")
        });
        methods.add_method("stop", |lua, run, ()| {
            reply(lua, run.0.run().map(|run| run.stop()).map(|()| true))
        });
        methods.add_method("detach", |lua, run, ()| {
            reply(lua, run.0.run().map(|run| run.let_go()).map(|()| true))
        });
        methods.add_method_mut("events", |lua, run, ()| reply(lua, run.take_events()));
    }
}

/// Where a run stands. One that never began has no status to tell of.
fn status(view: &View) -> Result<Status> {
    match view.end() {
        Some(Err(error)) => Err(error.clone()),
        _ => Ok(view.status().clone()),
    }
}

/// Whether there is a result, and the result.
fn polled<T: Serialize>(lua: &Lua, result: Option<Result<T>>) -> LuaResult<LuaMultiValue> {
    let Some(result) = result else { return false.into_lua_multi(lua) };
    let mut values = reply(lua, result)?;
    values.push_front(LuaValue::Boolean(true));
    Ok(values)
}

/// Waits so many seconds, or as long as it takes, for the result, which is named by `what`.
fn waited<T: Clone + Send + Serialize + Sync + 'static>(
    lua: &Lua,
    work: &Work<T>,
    seconds: Option<f64>,
    what: &str,
) -> LuaResult<LuaMultiValue> {
    // Longer than anybody lives is as long as it takes.
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    let late = || Error::new(ErrorKind::Timeout, format!("there is no {what} yet; wait again"));
    reply(lua, work.wait(time).unwrap_or_else(|| Err(late())))
}

/// Events that are kept for somebody who does not take them. A run has some ten.
const MAX_EVENTS: usize = 1000;
