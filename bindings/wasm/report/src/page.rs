//! The page about one rebalance.

use emqx_rebalance_core::Job;
use emqx_rebalance_core::driver::{Record, Status};
use emqx_rebalance_report::{Course, Wishes, report_of_course, report_of_job};
use emqx_rebalance_text_wasm::{Thrown, read, thrown};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a page is about, and what stands at its top.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageRequest {
    about: About,
    /// What was seen on the way, in order of time.
    course: Vec<Status>,
    wishes: Wishes,
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
    let PageRequest { about, course: seen, wishes } = read(request, "report")?;
    let mut course = Course::default();
    for status in &seen {
        course.see(status, seconds(status.progress.elapsed_s));
    }
    let page = match about {
        About::Record(record) => report_of_course(&record, &course, &wishes),
        About::Job(job) => report_of_job(&job, &course, &wishes),
    };
    page.map_err(|error| thrown(&error))
}

/// Exact for millions of years.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 s")]
fn seconds(elapsed_s: u64) -> f64 {
    elapsed_s as f64
}
