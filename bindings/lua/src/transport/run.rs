//! A plan or an evacuation on its way, for Lua to look at without waiting.

use super::process::{Here, Process};
use super::question::{polled, wait};
use crate::reply::{detached, late, refuse, reply};
use emqx_rebalance_client::{Cluster, FileStore, Run as Driven, Store};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Driver, Event, Outcome, Record, Status};
use mlua::prelude::*;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A plan or an evacuation on its way. It is driven for as long as the process lives, whether or not
/// Lua still holds this.
#[derive(Debug)]
pub(crate) struct Run(Here<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    view: Mutex<View>,
    changed: Condvar,
    stop: Notify,
    detach: Notify,
}

/// What is known.
#[derive(Debug)]
struct View {
    status: Status,
    /// Those that nobody took yet.
    events: VecDeque<Event>,
    state: Option<String>,
    record: Option<Record>,
    end: Option<Result<Outcome>>,
}

impl Shared {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, end: Result<Outcome>) {
        self.view().end = Some(end);
        self.changed.notify_all();
    }

    /// Drives the run to its end, or until somebody else is to do so.
    async fn drive(&self, run: impl Future<Output = Result<Driven>>) {
        let found = tokio::select! {
            biased;
            () = self.detach.notified() => Err(detached()),
            run = run => run,
        };
        let mut run = match found {
            Ok(run) => run,
            Err(error) => return self.end(Err(error)),
        };
        tokio::select! {
            biased;
            () = self.detach.notified() => {
                run.detach().await;
                self.end(Err(detached()));
            }
            () = self.follow(&mut run) => {}
        }
    }

    async fn follow(&self, run: &mut Driven) {
        let mut updates = run.updates();
        loop {
            tokio::select! {
                biased;
                () = self.stop.notified() => run.stop(),
                Ok(()) = updates.changed() => {
                    self.view().status = updates.borrow_and_update().clone();
                }
                event = run.next_event() => {
                    let Some(event) = event else { break };
                    self.note(event);
                }
            }
        }
        let end = run.wait().await;
        {
            let mut view = self.view();
            view.status = run.status();
            view.record = run.record().cloned();
        }
        self.end(end);
    }

    fn note(&self, event: Event) {
        let mut view = self.view();
        if view.events.len() >= MAX_EVENTS {
            view.events.pop_front();
        }
        view.events.push_back(event);
    }
}

impl Run {
    /// Has `driver` drive in the cluster that `connect` finds, keeping its state in `file` if there is one.
    pub(crate) fn spawn(
        process: &'static Process,
        connect: impl Future<Output = Result<Cluster>> + Send + 'static,
        driver: Driver,
        file: Option<PathBuf>,
    ) -> Self {
        let view = View {
            status: driver.status(),
            events: VecDeque::new(),
            state: serde_json::to_string(&driver).ok(),
            record: None,
            end: None,
        };
        let shared = Arc::new(Shared {
            view: Mutex::new(view),
            changed: Condvar::new(),
            stop: Notify::new(),
            detach: Notify::new(),
        });
        let follower = Arc::clone(&shared);
        process.handle.spawn(async move {
            let keep = Keep { run: Arc::clone(&follower), file: file.map(FileStore::new) };
            let run = async { Ok(connect.await?.drive(driver, keep)) };
            follower.drive(run).await;
        });
        Self(Here::new(process, shared))
    }
}

/// Keeps the state for Lua, and in a file if so wished.
struct Keep {
    run: Arc<Shared>,
    file: Option<FileStore>,
}

impl Store for Keep {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        self.run.view().state = serde_json::to_string(driver).ok();
        self.file.as_mut().map_or(Ok(()), |file| file.save(driver))
    }
}

impl LuaUserData for Run {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("status", |lua, run, ()| {
            let status = run.0.get().and_then(|shared| {
                let view = shared.view();
                // A run that never began has no status to tell of.
                match &view.end {
                    Some(Err(error)) => Err(error.clone()),
                    _ => Ok(view.status.clone()),
                }
            });
            reply(lua, status)
        });
        methods.add_method("poll", |lua, run, ()| match run.0.get() {
            Ok(shared) => polled(lua, shared.view().end.clone()),
            Err(error) => polled::<Outcome>(lua, Some(Err(error))),
        });
        methods.add_method("wait", |lua, run, timeout_s: Option<f64>| match run.0.get() {
            Ok(shared) => {
                let is_over = |view: &View| view.end.is_some();
                let view = wait(&shared.changed, shared.view(), timeout_s, is_over);
                reply(lua, view.end.clone().unwrap_or_else(|| Err(late("verdict"))))
            }
            Err(error) => refuse(lua, &error),
        });
        methods.add_method("stop", |lua, run, ()| {
            reply(lua, run.0.get().map(|shared| shared.stop.notify_one()).map(|()| true))
        });
        methods.add_method("detach", |lua, run, ()| {
            reply(lua, run.0.get().map(|shared| shared.detach.notify_one()).map(|()| true))
        });
        methods.add_method("events", |lua, run, ()| {
            reply(lua, run.0.get().map(|shared| std::mem::take(&mut shared.view().events)))
        });
        methods.add_method("state", |lua, run, ()| {
            reply(lua, run.0.get().map(|shared| shared.view().state.clone()))
        });
        methods.add_method("record", |lua, run, ()| {
            reply(lua, run.0.get().map(|shared| shared.view().record.clone()))
        });
    }
}

/// Events that are kept for somebody who does not take them. A run has some ten.
const MAX_EVENTS: usize = 1000;
