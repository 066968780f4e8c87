//! A plan, or an evacuation, on its way to its verdict.

use crate::json::{Thrown, milliseconds, read, write};
use emqx_rebalance_core::driver::{Outcome, Record, Status};
use emqx_rebalance_exchange::Drive;
use emqx_rebalance_exchange::sansio::{self, RunInput, RunStep};
use serde::Serialize;
use std::fmt;
use wasm_bindgen::prelude::wasm_bindgen;

/// A plan, or an evacuation, on its way to its verdict.
#[wasm_bindgen]
pub struct Run(Box<dyn Driven>);

/// A run whose driver is of some type.
trait Driven {
    fn step(&mut self, now_ms: u64, input: RunInput) -> RunStep;
    fn state(&self) -> Result<String, Thrown>;
    fn status(&self) -> Status;
    fn outcome(&self) -> Option<&Outcome>;
    fn record(&self) -> Option<Record>;
}

impl<D: Drive<State: Serialize>> Driven for sansio::Run<D> {
    fn step(&mut self, now_ms: u64, input: RunInput) -> RunStep {
        Self::step(self, now_ms, input)
    }

    fn state(&self) -> Result<String, Thrown> {
        write(Self::state(self))
    }

    fn status(&self) -> Status {
        Self::status(self)
    }

    fn outcome(&self) -> Option<&Outcome> {
        Self::outcome(self)
    }

    fn record(&self) -> Option<Record> {
        Self::record(self)
    }
}

impl Run {
    pub(crate) fn new<D: Drive<State: Serialize>>(run: sansio::Run<D>) -> Self {
        Self(Box::new(run))
    }
}

#[wasm_bindgen]
impl Run {
    /// Takes the time and a `RunInput`; gives a `RunStep`.
    pub fn step(&mut self, now: f64, input: &str) -> Result<String, Thrown> {
        write(&self.0.step(milliseconds(now), read(input, "run input")?))
    }

    /// All that the driver knows.
    pub fn state(&self) -> Result<String, Thrown> {
        self.0.state()
    }

    /// Where it stands: a `Status`.
    pub fn status(&self) -> Result<String, Thrown> {
        write(&self.0.status())
    }

    /// The verdict: an `Outcome`, or null.
    pub fn outcome(&self) -> Result<String, Thrown> {
        write(&self.0.outcome())
    }

    /// What is worth keeping: a `Record`, or null.
    pub fn record(&self) -> Result<String, Thrown> {
        write(&self.0.record())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
