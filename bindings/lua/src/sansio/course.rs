//! A plan or an evacuation on its way, from finding the cluster to the verdict.

use super::milliseconds;
use crate::door::unread;
use crate::reply::{refuse, reply};
use crate::tables::loose_lossy;
use emqx_rebalance_api::ApiVersion;
use emqx_rebalance_core::driver::{Driver, Outcome, Record, Status};
use emqx_rebalance_core::{Error, Result};
use emqx_rebalance_exchange::sansio::{Cluster, Run, RunInput, RunStep, Talk};
use mlua::prelude::*;
use serde::Deserialize;
use std::fmt;

/// A plan or an evacuation on its way.
pub(crate) struct Course {
    cluster: Cluster,
    is_resumed: bool,
    /// Somebody wants it stopped before the cluster was found.
    is_stopped: bool,
    /// Gone if the cluster was not found.
    stage: Option<Stage>,
}

enum Stage {
    Finding { talk: Talk<ApiVersion>, driver: Driver, not_before_ms: u64 },
    Driving(Run),
}

impl Course {
    /// Has `driver` drive in `cluster`. If it `is_resumed`, EMQX goes on meanwhile, and the cluster is looked
    /// for until it is found.
    pub(crate) fn new(cluster: Cluster, driver: Driver, is_resumed: bool) -> Self {
        let talk = cluster.connect();
        let stage = Stage::Finding { talk, driver, not_before_ms: 0 };
        Self { cluster, is_resumed, is_stopped: false, stage: Some(stage) }
    }

    /// Looks for the cluster.
    fn find(
        &mut self,
        (mut talk, driver): (Talk<ApiVersion>, Driver),
        now_ms: u64,
        input: RunInput,
    ) -> Result<RunStep> {
        self.is_stopped |= input.stop;
        let step = talk.step(now_ms, input.answers);
        match step.result {
            None => {
                self.stage = Some(Stage::Finding { talk, driver, not_before_ms: 0 });
                Ok(RunStep {
                    requests: step.requests,
                    events: Vec::new(),
                    wake_at_ms: step.wake_at_ms,
                })
            }
            Some(Ok(_)) => {
                let mut run = self.cluster.drive(driver)?;
                let stop = self.is_stopped;
                let step = run.step(now_ms, RunInput { answers: Vec::new(), stop });
                self.stage = Some(Stage::Driving(run));
                Ok(step)
            }
            Some(Err(error)) if self.is_resumed && error.is_retryable() => {
                let (talk, not_before_ms) = (self.cluster.connect(), now_ms + PATIENCE_MS);
                self.stage = Some(Stage::Finding { talk, driver, not_before_ms });
                Ok(idle(not_before_ms))
            }
            Some(Err(error)) => Err(error),
        }
    }
}

fn idle(until_ms: u64) -> RunStep {
    RunStep { requests: Vec::new(), events: Vec::new(), wake_at_ms: Some(until_ms) }
}

impl Course {
    fn step(&mut self, now_ms: u64, input: RunInput) -> Result<RunStep> {
        match self.stage.take() {
            Some(Stage::Driving(mut run)) => {
                let step = run.step(now_ms, input);
                self.stage = Some(Stage::Driving(run));
                Ok(step)
            }
            Some(Stage::Finding { talk, driver, not_before_ms }) if now_ms < not_before_ms => {
                self.is_stopped |= input.stop;
                self.stage = Some(Stage::Finding { talk, driver, not_before_ms });
                Ok(idle(not_before_ms))
            }
            Some(Stage::Finding { talk, driver, .. }) => self.find((talk, driver), now_ms, input),
            None => Err(unread("step", "a step after the end", "no further step")),
        }
    }

    fn status(&self) -> Option<Status> {
        Some(match self.stage.as_ref()? {
            Stage::Finding { driver, .. } => driver.status(),
            Stage::Driving(run) => run.status(),
        })
    }

    fn state(&self) -> Option<String> {
        match self.stage.as_ref()? {
            Stage::Finding { driver, .. } => serde_json::to_string(driver).ok(),
            Stage::Driving(run) => serde_json::to_string(run.driver()).ok(),
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.stage.as_ref()? {
            Stage::Finding { driver, .. } => driver.outcome().cloned(),
            Stage::Driving(run) => run.outcome().cloned(),
        }
    }

    fn record(&self) -> Option<Record> {
        match self.stage.as_ref()? {
            Stage::Finding { .. } => None,
            Stage::Driving(run) => run.record(),
        }
    }
}

impl LuaUserData for Course {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("step", |lua, course, (now_ms, input): (f64, LuaValue)| {
            match read_input(lua, &input) {
                Ok(input) => reply(lua, course.step(milliseconds(now_ms), input)),
                Err(error) => refuse(lua, &error),
            }
        });
        methods.add_method("status", |lua, course, ()| reply(lua, Ok(course.status())));
        methods.add_method("state", |lua, course, ()| reply(lua, Ok(course.state())));
        methods.add_method("outcome", |lua, course, ()| reply(lua, Ok(course.outcome())));
        methods.add_method("record", |lua, course, ()| reply(lua, Ok(course.record())));
    }
}

fn read_input(lua: &Lua, input: &LuaValue) -> Result<RunInput> {
    Option::deserialize(loose_lossy(lua, input, "input")?)
        .map(Option::unwrap_or_default)
        .map_err(|error| -> Error { unread("input", error, "{answers, stop}") })
}

impl fmt::Debug for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Course").finish_non_exhaustive()
    }
}

/// Between two attempts to find a cluster whose plan is to be resumed.
const PATIENCE_MS: u64 = 5000;
