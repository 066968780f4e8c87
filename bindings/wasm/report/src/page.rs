//! The page about one rebalance.

use emqx_rebalance_core::Job;
use emqx_rebalance_core::driver::{Record, Status};
use emqx_rebalance_report::{Course, Heading, of_job, of_record};
use emqx_rebalance_text_wasm::{Thrown, read, thrown};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a page is about, and what stands at its top.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    about: About,
    #[serde(default)]
    course: Vec<Status>,
    #[serde(default)]
    title: Option<String>,
    made_at: String,
}

/// What is known of a rebalance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    /// All that is kept of one that has ended.
    Record(Box<Record>),
    /// What is to be done.
    Job(Box<Job>),
}

/// The page of a `PageRequest`: HTML that loads nothing else.
#[wasm_bindgen]
pub fn page(request: &str) -> Result<String, Thrown> {
    let PageRequest { about, course, title, made_at } = read(request, "report")?;
    let course = Course::of(&course);
    let heading = Heading { title: title.as_deref(), made_at: &made_at };
    let page = match about {
        About::Record(record) => of_record(&record, &course, heading),
        About::Job(job) => of_job(&job, &course, None, heading),
    };
    page.map_err(|error| thrown(&error))
}
