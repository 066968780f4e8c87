//! The page of what a host has of a rebalance: its record, or what is being done.

use crate::{Course, ReportInput, render};
use emqx_rebalance_core::driver::{Outcome, Record};
use emqx_rebalance_core::{Error, ErrorKind, Job, Result};

/// What stands at the top of a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heading<'a> {
    /// The headline, such as the cluster's name. Default: how many nodes were rebalanced.
    pub title: Option<&'a str>,
    /// When the page was made, as text; nothing if empty.
    pub made_at: &'a str,
}

/// The page of a rebalance that has ended. Without a course that was seen, what the record has of
/// one is shown: every node at the end.
///
/// # Errors
/// `unsupported` if it is the record of an evacuation.
pub fn of_record(record: &Record, course: &Course, heading: Heading<'_>) -> Result<String> {
    let outcome = Some(&record.outcome);
    if course.samples().is_empty() {
        return of_job(&record.plan, &Course::from(record), outcome, heading);
    }
    of_job(&record.plan, course, outcome, heading)
}

/// The page of what is being done, as far as it came.
///
/// # Errors
/// `unsupported` if it is an evacuation.
pub fn of_job(
    job: &Job,
    course: &Course,
    outcome: Option<&Outcome>,
    heading: Heading<'_>,
) -> Result<String> {
    let plan = job.rebalance().ok_or_else(|| {
        let message = "there are reports of rebalances alone, and this is an evacuation";
        Error::new(ErrorKind::Unsupported, message)
    })?;
    let counted = format!("Rebalance of {} nodes", plan.fingerprint.nodes.len());
    Ok(render(&ReportInput {
        title: heading.title.unwrap_or(&counted),
        made_at: heading.made_at,
        plan,
        samples: course.samples(),
        phases: course.phases(),
        outcome,
        facts: &[],
    }))
}
