//! The page of one rebalance.

use super::course::Course;
use crate::clock;
use crate::output::Output;
use emqx_rebalance_core::driver::Outcome;
use emqx_rebalance_core::{Error, Plan, Problem, Result};
use emqx_rebalance_report::{Fact, ReportInput, render};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

/// A page that will be written.
pub(crate) struct Page(PathBuf);

impl Page {
    /// A page at `path`, which can be written as far as is known before the rebalance.
    ///
    /// # Errors
    /// `config_invalid` if it cannot.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("options", vec![Problem::new("report", path.display(), bound)])
        })?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the page. That it fails takes nothing from the rebalance.
    pub(crate) fn write(
        &self,
        plan: &Plan,
        course: &Course,
        outcome: &Outcome,
        facts: &[Fact],
        output: Output,
    ) {
        let page = render(&ReportInput {
            title: &format!("Rebalance of {} nodes", plan.fingerprint.nodes.len()),
            made_at: &clock::local(clock::now_ms()),
            plan,
            samples: course.samples(),
            phases: course.phases(),
            outcome: Some(outcome),
            facts,
        });
        match fs::write(&self.0, page) {
            Err(error) => output.warn(&format!("the report is not written: {error}")),
            Ok(()) if output.is_json() => {}
            Ok(()) => output.say(&format!("The report is in {}\n", self.0.display())),
        }
    }
}
