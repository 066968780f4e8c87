//! A call on its way, for Lua to look after or to wait for.

use super::link::Call;
use super::process::{Here, Process};
use crate::reply::{late, refuse, reply};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use mlua::prelude::*;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A call on its way. It goes on even if nobody looks after it.
#[derive(Debug)]
pub(crate) struct Question(Here<Arc<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    result: Mutex<Option<Result<Value>>>,
    done: Condvar,
}

impl Shared {
    fn result(&self) -> MutexGuard<'_, Option<Result<Value>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, result: Result<Value>) {
        *self.result() = Some(result);
        self.done.notify_all();
    }
}

impl Question {
    /// Begins the work of `call`, which is given up after `limit`.
    pub(crate) fn spawn<T: Serialize>(
        process: &'static Process,
        call: Call,
        limit: Duration,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let worker = Arc::clone(&shared);
        process.handle.spawn(async move {
            let result = tokio::time::timeout(limit, work).await;
            drop(call);
            worker
                .finish(result.unwrap_or_else(|_| Err(given_up())).and_then(|value| json(&value)));
        });
        Self(Here::new(process, shared))
    }
}

fn json<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the answer cannot be written as JSON").with("why", error)
    })
}

fn given_up() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time; it is not known how the call ended")
}

impl LuaUserData for Question {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("poll", |lua, question, ()| match question.0.get() {
            Ok(shared) => polled(lua, shared.result().clone()),
            Err(error) => polled::<Value>(lua, Some(Err(error))),
        });
        methods.add_method("wait", |lua, question, timeout_s: Option<f64>| {
            match question.0.get() {
                Ok(shared) => {
                    let over = wait(&shared.done, shared.result(), timeout_s, Option::is_some);
                    reply(lua, over.clone().unwrap_or_else(|| Err(late("answer"))))
                }
                Err(error) => refuse(lua, &error),
            }
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

/// Waits on `condition` until `is_over`, or for `timeout_s` seconds at most.
pub(crate) fn wait<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    timeout_s: Option<f64>,
    is_over: impl Fn(&T) -> bool,
) -> MutexGuard<'a, T> {
    let limit = timeout_s.and_then(|s| Duration::try_from_secs_f64(s.max(0.0)).ok());
    match limit {
        Some(limit) => {
            let waited = condition.wait_timeout_while(guard, limit, |value| !is_over(value));
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
        None => {
            let waited = condition.wait_while(guard, |value| !is_over(value));
            waited.unwrap_or_else(PoisonError::into_inner)
        }
    }
}
