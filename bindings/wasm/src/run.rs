//! A plan, or an evacuation, on its way to its verdict.

use crate::json::{Thrown, milliseconds, read, write};
use emqx_rebalance_exchange::sansio;
use wasm_bindgen::prelude::wasm_bindgen;

/// A plan, or an evacuation, on its way to its verdict.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Run(sansio::Run);

impl Run {
    pub(crate) fn new(run: sansio::Run) -> Self {
        Self(run)
    }
}

#[wasm_bindgen]
impl Run {
    /// Takes the time and a `RunInput`; gives a `RunStep`.
    pub fn step(&mut self, now: f64, input: &str) -> Result<String, Thrown> {
        write(&self.0.step(milliseconds(now), read(input, "run input")?))
    }

    /// All that is known of it.
    pub fn state(&self) -> Result<String, Thrown> {
        write(self.0.driver())
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
