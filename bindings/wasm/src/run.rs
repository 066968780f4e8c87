//! A plan, or an evacuation, on its way to its verdict.

use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_exchange::{job, sansio};
use emqx_rebalance_text_wasm::{Thrown, milliseconds, parsed, read, thrown, write};
use wasm_bindgen::prelude::wasm_bindgen;

/// What is to be driven. It is read before a cluster is asked for anything, so that what is wrong with
/// it is said first.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Job(Driver);

#[wasm_bindgen]
impl Job {
    /// What `verb` begins: `start`, `start_evacuation` or `resume`, and what it takes.
    #[wasm_bindgen(constructor)]
    pub fn new(verb: &str, given: &str) -> Result<Self, Thrown> {
        let driver = job(verb, parsed(given, "request")?);
        driver.map(Self).map_err(|error| thrown(&error))
    }
}

impl From<Job> for Driver {
    fn from(job: Job) -> Self {
        job.0
    }
}

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
