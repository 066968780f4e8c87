//! A cluster that is asked through the page's `fetch`.

use crate::run::{Job, Run};
use crate::talk::Talk;
use emqx_rebalance_exchange::{Access, Dialect, Nowhere, Question, sansio};
use emqx_rebalance_text_wasm::{Thrown, parsed, thrown};
use wasm_bindgen::prelude::wasm_bindgen;

/// A cluster that is asked through the page's `fetch`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cluster(sansio::Cluster);

#[wasm_bindgen]
impl Cluster {
    /// A cluster of `AccessOptions` that nothing was asked yet.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Self, Thrown> {
        let access = Access::read(parsed(options, "options")?, Dialect::JAVASCRIPT, &Nowhere);
        let cluster = access.and_then(sansio::Cluster::new);
        cluster.map(Self).map_err(|error| thrown(&error))
    }

    /// Asks a question: one of `Question::VERBS`, and the value that it is about.
    pub fn ask(&self, verb: &str, given: &str) -> Result<Talk, Thrown> {
        let question = Question::read(verb, parsed(given, "request")?);
        question.map(|question| Talk::new(self.0.ask(question))).map_err(|error| thrown(&error))
    }

    /// A run of a job, which it takes. Nothing is sent before its first step.
    pub fn drive(&self, job: Job) -> Result<Run, Thrown> {
        self.0.drive(job.into()).map(Run::new).map_err(|error| thrown(&error))
    }
}
