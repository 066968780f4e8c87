//! The page of a run or of a record, as every language asks for it.

use crate::{Course, ReportInput, render};
use emqx_rebalance_core::driver::{Driver, Outcome, Purpose, Record};
use emqx_rebalance_core::{Error, ErrorKind, Job, Plan, Result};
use serde::{Deserialize, Serialize};

/// What a caller may say of a page.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wishes {
    /// Its headline, such as the cluster's name. Default: what was done to how many nodes.
    pub title: Option<String>,
    /// When it was made, as text in the reader's time zone. Default: the page does not say.
    pub made_at: Option<String>,
}

/// The page of a plan on its way, or at its end: with all of `course`, which its host took down.
///
/// # Errors
/// `unsupported` of an evacuation.
pub fn report(driver: &Driver, course: &Course, wishes: &Wishes) -> Result<String> {
    let state = driver.state();
    let plan = state.promised().ok_or_else(unsupported)?;
    Ok(page(plan, course, driver.outcome(), &state.purpose, wishes))
}

/// The same for a host that has no driver at hand, but its record: with all of `course`, or its end if
/// nothing was taken down.
///
/// # Errors
/// `unsupported` of an evacuation.
pub fn report_of_course(record: &Record, course: &Course, wishes: &Wishes) -> Result<String> {
    if course.samples().is_empty() {
        return report_of_record(record, wishes);
    }
    let plan = record.plan.rebalance().ok_or_else(unsupported)?;
    Ok(page(plan, course, Some(&record.outcome), &record.purpose, wishes))
}

/// The page of what is to be done, as far as `course` shows it came.
///
/// # Errors
/// `unsupported` of an evacuation.
pub fn report_of_job(job: &Job, course: &Course, wishes: &Wishes) -> Result<String> {
    let plan = job.rebalance().ok_or_else(unsupported)?;
    Ok(page(plan, course, None, &Purpose::default(), wishes))
}

/// The page of a plan that has ended, of which no course is left but its end.
///
/// # Errors
/// `unsupported` of an evacuation.
pub fn report_of_record(record: &Record, wishes: &Wishes) -> Result<String> {
    let plan = record.plan.rebalance().ok_or_else(unsupported)?;
    let course = Course::of_record(record);
    Ok(page(plan, &course, Some(&record.outcome), &record.purpose, wishes))
}

fn page(
    plan: &Plan,
    course: &Course,
    outcome: Option<&Outcome>,
    purpose: &Purpose,
    wishes: &Wishes,
) -> String {
    let title = wishes.title.clone().unwrap_or_else(|| title(plan));
    let said = [&wishes.made_at, &purpose.who, &purpose.reason].into_iter().flatten();
    let made_at = said.map(String::as_str).collect::<Vec<_>>().join(" · ");
    render(&ReportInput {
        title: &title,
        made_at: &made_at,
        plan,
        samples: course.samples(),
        phases: course.phases(),
        outcome,
        facts: &[],
    })
}

/// The headline of a page that nobody gave one.
pub fn title(plan: &Plan) -> String {
    format!("Rebalance of {} nodes", plan.fingerprint.nodes.len())
}

fn unsupported() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "there is no page about an evacuation, only about a rebalance",
    )
}
