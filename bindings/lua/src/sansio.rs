//! Conversations for hosts with an HTTP client of their own: nginx's cosockets, lua-resty-http. They
//! are told what to send and hand in what came back; nothing here waits, sends or has a thread.

use crate::door::{self, Door, Watched, unread};
use crate::reply::{given, reply, to_lua};
use crate::tables::loose_lossy;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_exchange::sansio::{Cluster as Conversations, Errand, Talk, TalkStep};
use emqx_rebalance_exchange::{Access, Question, Reply, Tls};
use emqx_rebalance_report::{Course, Wishes, report};
use mlua::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A cluster that is asked through its host.
#[derive(Debug)]
struct Cluster(Conversations);

/// One question to a cluster.
#[derive(Debug)]
struct Asked(Talk<Reply>);

/// A job on its way, and what was seen of it.
#[derive(Debug)]
struct Run(Errand, Course);

/// Adds `native.sansio`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let cluster =
        |lua: &Lua, config: LuaValue| given(lua, door::access(lua, &config).and_then(Cluster::new));
    native.set("sansio", lua.create_function(cluster)?)
}

impl Cluster {
    fn new(access: Access) -> Result<Self> {
        let Tls { ca_cert, client_cert, client_key, .. } = &access.tls;
        let files =
            [("ca_cert", ca_cert), ("client_cert", client_cert), ("client_key", client_key)];
        for (field, file) in files {
            if let Some(file) = file {
                let bound = "left out: whoever carries the requests verifies `https`";
                return Err(unread(field, file.display(), bound));
            }
        }
        Conversations::new(access).map(Self)
    }
}

impl Door for Cluster {
    type Asked = Asked;
    type Driven = Run;

    fn ask(&self, question: Question) -> Result<Asked> {
        Ok(Asked(self.0.ask(question)))
    }

    fn drive(&self, driver: Driver, is_resumed: bool, _: Option<PathBuf>) -> Result<Run> {
        Ok(Run(Errand::new(self.0.clone(), driver, is_resumed), Course::default()))
    }
}

impl LuaUserData for Cluster {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        door::add_methods(methods);
    }
}

impl LuaUserData for Asked {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("step", |lua, talk, (now, answers): (LuaValue, LuaValue)| {
            let answers =
                input(lua, &answers, "answers", "a list of {id, status, body} and {id, error}");
            let step = milliseconds(&now).and_then(|now| Ok(talk.0.step(now, answers?)));
            step.map_or_else(|error| reply::<()>(lua, Err(error)), |step| told(lua, step))
        });
    }
}

/// A step as a table. Its error is one that prints as a line.
fn told(lua: &Lua, step: TalkStep<Reply>) -> LuaResult<LuaMultiValue> {
    let TalkStep { requests, wake_at_ms, result } = step;
    let table = lua.create_table()?;
    table.set("requests", to_lua(lua, &requests)?)?;
    table.set("wake_at_ms", wake_at_ms)?;
    if let Some(result) = result {
        let (value, error) = <(LuaValue, LuaValue)>::from_lua_multi(reply(lua, result)?, lua)?;
        table.set("result", value)?;
        table.set("error", error)?;
    }
    table.into_lua_multi(lua)
}

impl Run {
    fn step(&mut self, lua: &Lua, now: &LuaValue, given: &LuaValue) -> Result<impl Serialize> {
        let input = input(lua, given, "input", "{answers, stop}")?;
        let step = self.0.step(milliseconds(now)?, input)?;
        self.1.follow(&self.0.driver().status());
        Ok(step)
    }
}

impl Watched for Run {
    fn look<T>(&self, look: impl FnOnce(&Driver) -> T) -> Result<T> {
        Ok(look(self.0.driver()))
    }

    fn report(&self, wishes: &Wishes) -> Result<String> {
        report(self.0.driver(), &self.1, wishes)
    }
}

impl LuaUserData for Run {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        door::add_looks(methods);
        methods.add_method_mut("step", |lua, run, (now, input): (LuaValue, LuaValue)| {
            reply(lua, run.step(lua, &now, &input))
        });
        methods.add_method("status", |lua, run, ()| reply(lua, run.look(Driver::status)));
        methods.add_method("outcome", |lua, run, ()| {
            reply(lua, run.look(|driver| driver.outcome().cloned()))
        });
    }
}

/// What the host hands in; nothing is as good as none.
fn input<T: DeserializeOwned + Default>(
    lua: &Lua,
    given: &LuaValue,
    what: &str,
    bound: &str,
) -> Result<T> {
    let input = Option::deserialize(loose_lossy(lua, given, what)?);
    input.map(Option::unwrap_or_default).map_err(|error| unread(what, error, bound))
}

/// Milliseconds as Lua has them: any number from 0 on.
fn milliseconds(given: &LuaValue) -> Result<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let found = match *given {
        LuaValue::Integer(whole) => u64::try_from(whole).ok(),
        LuaValue::Number(number) if number >= 0.0 => Some(number as u64),
        _ => None,
    };
    let shown = || given.to_string().unwrap_or_else(|_| given.type_name().to_owned());
    found.ok_or_else(|| unread("now_ms", shown(), "milliseconds since 1970: a number from 0 on"))
}
