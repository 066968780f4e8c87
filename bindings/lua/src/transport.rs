//! The built-in transport: HTTP on a background thread, so that no call of Lua waits for the network
//! unless it wants to.

use crate::door::{self, Door, Watched};
use crate::reply::{given, reply};
use emqx_rebalance_client as client;
use emqx_rebalance_client::View;
use emqx_rebalance_core::driver::{Driver, Event, Status};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::Question;
use emqx_rebalance_report::Course;
use mlua::prelude::*;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A cluster behind its URLs.
#[derive(Debug)]
struct Cluster(client::Hosted);

/// A question on its way.
#[derive(Debug)]
struct Asked(client::Asked);

/// A job on its way.
#[derive(Debug)]
struct Run {
    run: client::HostedRun,
    /// What was seen of it.
    course: Arc<Mutex<Course>>,
    /// How many events Lua took.
    taken: usize,
}

/// Adds `native.cluster`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let cluster = |lua: &Lua, config: LuaValue| {
        let access = door::access(lua, &config);
        given(lua, access.and_then(client::Hosted::new).map(Cluster))
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
        let course = Arc::<Mutex<Course>>::default();
        let seen = Arc::clone(&course);
        let see = move |status: &Status| {
            door::see(&mut seen.lock().unwrap_or_else(PoisonError::into_inner), status);
        };
        let run = self.0.drive(driver, is_resumed, file, see)?;
        Ok(Run { run, course, taken: 0 })
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
        methods.add_method("wait", |lua, asked, seconds: Option<f64>| {
            reply(lua, asked.0.wait(time(seconds)).unwrap_or_else(|| Err(late("answer"))))
        });
    }
}

impl Run {
    /// What nobody took yet, the newest thousand at most.
    fn take_events(&mut self) -> Result<Vec<Event>> {
        let taken = self.taken;
        let (all, new) = self.run.look(|view| {
            let all = view.events().len();
            let new = view.events().iter().skip(taken.max(all.saturating_sub(MAX_EVENTS)));
            (all, new.cloned().collect())
        })?;
        self.taken = all;
        Ok(new)
    }
}

impl Watched for Run {
    fn look<T>(&self, look: impl FnOnce(&Driver, &Course) -> T) -> Result<T> {
        let course = self.course.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.run.look(|view| look(view.driver(), &course))
    }
}

impl LuaUserData for Run {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        door::add_looks(methods);
        methods.add_method("status", |lua, run, ()| reply(lua, run.run.look(status).flatten()));
        methods.add_method("poll", |lua, run, ()| {
            let end = run.run.look(|view| view.end().cloned());
            polled(lua, end.unwrap_or_else(|error| Some(Err(error))))
        });
        methods.add_method("wait", |lua, run, seconds: Option<f64>| {
            reply(lua, run.run.wait(time(seconds)).unwrap_or_else(|| Err(late("verdict"))))
        });
        methods.add_method("stop", |lua, run, ()| {
            reply(lua, run.run.run().map(|run| run.stop()).map(|()| true))
        });
        methods.add_method("detach", |lua, run, ()| {
            reply(lua, run.run.run().map(|run| run.let_go()).map(|()| true))
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

/// A time to wait; none if it is left out, or longer than anybody lives.
fn time(seconds: Option<f64>) -> Option<Duration> {
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok())
}

/// The error of whoever waited in vain for `what`, which goes on.
fn late(what: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("there is no {what} yet; wait again"))
}

/// Events that are kept for somebody who does not take them. A run has some ten.
const MAX_EVENTS: usize = 1000;
