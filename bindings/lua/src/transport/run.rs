//! A plan or an evacuation on its way, for Lua to look at without waiting.

use super::process::{Here, Process};
use super::question::polled;
use crate::reply::{late, reply};
use emqx_rebalance_client::{Cluster, FileStore, Run as Driven, Store, View};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Driver, Event, Outcome};
use mlua::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A plan or an evacuation on its way. It is driven for as long as the process lives, whether or not
/// Lua still holds this.
#[derive(Debug)]
pub(crate) struct Run {
    here: Here<Arc<Driven>>,
    /// How many events Lua took.
    taken: usize,
}

impl Run {
    /// Runs `driver` in the cluster that `find` comes to, keeping its state in `file` if there is one.
    pub(crate) fn spawn(
        process: &'static Process,
        find: impl Future<Output = Result<Cluster>> + Send + 'static,
        driver: Driver,
        file: Option<PathBuf>,
    ) -> Self {
        let _runtime = process.handle.enter();
        let run = Arc::new(Driven::spawn(find, driver, Keep(file.map(FileStore::new))));
        let held = Arc::clone(&run);
        process.handle.spawn(async move { held.wait().await });
        Self { here: Here::new(process, run), taken: 0 }
    }

    /// What `look` finds in what is known of it.
    fn look<T>(&self, look: impl FnOnce(&View) -> T) -> Result<T> {
        Ok(look(&self.here.get()?.view().borrow()))
    }

    /// What nobody took yet, the newest thousand at most.
    fn take_events(&mut self) -> Result<Vec<Event>> {
        let taken = self.taken;
        let (all, new) = self.look(|view| {
            let all = view.events().len();
            let new = view.events().iter().skip(taken.max(all.saturating_sub(MAX_EVENTS)));
            (all, new.cloned().collect())
        })?;
        self.taken = all;
        Ok(new)
    }
}

/// Keeps the state in a file, if so wished.
struct Keep(Option<FileStore>);

impl Store for Keep {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        self.0.as_mut().map_or(Ok(()), |file| file.save(driver))
    }
}

impl LuaUserData for Run {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("status", |lua, run, ()| {
            // A run that never began has no status to tell of.
            let status = run.look(|view| match view.end() {
                Some(Err(error)) => Err(error.clone()),
                _ => Ok(view.status().clone()),
            });
            reply(lua, status.flatten())
        });
        methods.add_method("poll", |lua, run, ()| match run.look(|view| view.end().cloned()) {
            Ok(end) => polled(lua, end),
            Err(error) => polled::<Outcome>(lua, Some(Err(error))),
        });
        methods.add_method("wait", |lua, run, timeout_s: Option<f64>| {
            let end = run.here.get().and_then(|driven| {
                run.here.wait(timeout_s, driven.wait()).unwrap_or_else(|| Err(late("verdict")))
            });
            reply(lua, end)
        });
        methods.add_method("stop", |lua, run, ()| told(lua, run.here.get().map(|run| run.stop())));
        methods
            .add_method("detach", |lua, run, ()| told(lua, run.here.get().map(|run| run.let_go())));
        methods.add_method_mut("events", |lua, run, ()| reply(lua, run.take_events()));
        methods.add_method("state", |lua, run, ()| {
            reply(lua, run.look(|view| serde_json::to_string(view.driver()).ok()))
        });
        methods.add_method("record", |lua, run, ()| {
            reply(lua, run.look(|view| view.driver().record()))
        });
    }
}

/// True, or why nobody was told.
fn told(lua: &Lua, told: Result<()>) -> LuaResult<LuaMultiValue> {
    reply(lua, told.map(|()| true))
}

/// Events that are kept for somebody who does not take them. A run has some ten.
const MAX_EVENTS: usize = 1000;
