//! One question to a cluster, which may take several requests.

use emqx_rebalance_exchange::{Reply, sansio};
use emqx_rebalance_text_wasm::{Thrown, milliseconds, read, thrown, write};
use wasm_bindgen::prelude::wasm_bindgen;

/// One question to a cluster, which may take several requests.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Talk(sansio::Talk<Reply>);

impl Talk {
    pub(crate) fn new(talk: sansio::Talk<Reply>) -> Self {
        Self(talk)
    }
}

#[wasm_bindgen]
impl Talk {
    /// Takes the time and the list of answers that came; gives a `TalkStep`. Throws the error that is the answer to the question.
    pub fn step(&mut self, now: f64, answers: &str) -> Result<String, Thrown> {
        let step = self.0.step(milliseconds(now), read(answers, "answers")?);
        match &step.result {
            Some(Err(error)) => Err(thrown(error)),
            _ => write(&step),
        }
    }
}
