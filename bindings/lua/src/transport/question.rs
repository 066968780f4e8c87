//! A call on its way, for Lua to look after or to wait for.

use super::link::Call;
use super::process::{Here, Process};
use crate::reply::{late, reply};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use emqx_rebalance_exchange::Reply;
use mlua::prelude::*;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;

/// A call on its way. It goes on even if nobody looks after it.
#[derive(Debug)]
pub(crate) struct Asked(Here<watch::Receiver<Option<Result<Value>>>>);

impl Asked {
    /// Begins the work of `call`, which is given up after a while.
    pub(crate) fn spawn(
        process: &'static Process,
        call: Call,
        work: impl Future<Output = Result<Reply>> + Send + 'static,
    ) -> Self {
        let (teller, told) = watch::channel(None);
        process.handle.spawn(async move {
            let result = tokio::time::timeout(LIMIT, work).await;
            drop(call);
            let result = result.unwrap_or_else(|_| Err(given_up())).and_then(|reply| json(&reply));
            teller.send_replace(Some(result));
        });
        Self(Here::new(process, told))
    }
}

fn json(reply: &Reply) -> Result<Value> {
    serde_json::to_value(reply).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the answer cannot be written as JSON").with("why", error)
    })
}

fn given_up() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time; it is not known how the call ended")
}

impl LuaUserData for Asked {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("poll", |lua, asked, ()| match asked.0.get() {
            Ok(told) => polled(lua, told.borrow().clone()),
            Err(error) => polled::<Value>(lua, Some(Err(error))),
        });
        methods.add_method("wait", |lua, asked, timeout_s: Option<f64>| {
            let result = asked.0.get().and_then(|told| {
                let mut told = told.clone();
                let done = async move { told.wait_for(Option::is_some).await.ok()?.clone() };
                asked.0.wait(timeout_s, done).flatten().unwrap_or_else(|| Err(late("answer")))
            });
            reply(lua, result)
        });
    }
}

/// Whether there is a result, and the result.
pub(crate) fn polled<T: Serialize>(
    lua: &Lua,
    result: Option<Result<T>>,
) -> LuaResult<LuaMultiValue> {
    let Some(result) = result else { return false.into_lua_multi(lua) };
    let mut values = reply(lua, result)?;
    values.push_front(LuaValue::Boolean(true));
    Ok(values)
}

/// Every URL, three times, each as long as it takes by default. Whatever is on its way after that is
/// given up.
const LIMIT: Duration = Duration::from_secs(180);
