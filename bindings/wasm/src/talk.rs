//! One question to a cluster, which may take several requests.

use crate::json::{Thrown, milliseconds, read, thrown, write};
use emqx_rebalance_core::Result;
use emqx_rebalance_exchange::sansio::{self, HttpAnswer, HttpRequest};
use serde::Serialize;
use std::fmt;
use wasm_bindgen::prelude::wasm_bindgen;

/// One question to a cluster, which may take several requests.
#[wasm_bindgen]
pub struct Talk(Box<dyn Question>);

/// What a step of a question gives.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TalkStep<T> {
    /// To send, all at once.
    requests: Vec<HttpRequest>,
    /// Step again no later than this; null once there is a result.
    wake_at_ms: Option<u64>,
    /// The answer to the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    result: Option<T>,
}

/// A question whose answer is of some type.
trait Question {
    fn step(&mut self, now_ms: u64, answers: Vec<HttpAnswer>) -> Result<String, Thrown>;
}

impl<T: Serialize> Question for sansio::Talk<T> {
    fn step(&mut self, now_ms: u64, answers: Vec<HttpAnswer>) -> Result<String, Thrown> {
        let sansio::TalkStep { requests, wake_at_ms, result } = Self::step(self, now_ms, answers);
        let result = result.transpose().map_err(|error| thrown(&error))?;
        write(&TalkStep { requests, wake_at_ms, result })
    }
}

impl Talk {
    pub(crate) fn new<T: Serialize + 'static>(talk: sansio::Talk<T>) -> Self {
        Self(Box::new(talk))
    }
}

#[wasm_bindgen]
impl Talk {
    /// Takes the time and the list of answers that came; gives a `TalkStep`. Throws the error that is the answer to the question.
    pub fn step(&mut self, now: f64, answers: &str) -> Result<String, Thrown> {
        self.0.step(milliseconds(now), read(answers, "answers")?)
    }
}

impl fmt::Debug for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Talk").finish_non_exhaustive()
    }
}
