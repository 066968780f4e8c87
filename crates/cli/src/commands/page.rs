//! The page of one rebalance.

use crate::clock;
use crate::output::Output;
use emqx_rebalance_client::private;
use emqx_rebalance_core::driver::Outcome;
use emqx_rebalance_core::{Error, Plan, Problem, Result};
use emqx_rebalance_report::{Course, Fact, ReportInput, render, title};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A page that will be written.
pub(crate) struct Page(PathBuf);

impl Page {
    /// A page at `path`, which can be written as far as is known before the rebalance.
    ///
    /// # Errors
    /// `config_invalid` if it cannot.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let is_new = !path.exists();
        let open = private().create(true).append(true).open(path);
        // An empty page says nothing if it comes to none.
        let tried = open.and_then(|_| if is_new { fs::remove_file(path) } else { Ok(()) });
        tried.map_err(|error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("options", vec![Problem::new("report", path.display(), bound)])
        })?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the page, of what was seen if there is no verdict. That it fails takes nothing from the
    /// rebalance.
    pub(crate) fn write(
        &self,
        plan: &Plan,
        course: &Course,
        outcome: Option<&Outcome>,
        facts: &[Fact],
        output: Output,
    ) {
        let page = render(&ReportInput {
            title: &title(plan),
            made_at: &clock::local(clock::now_ms()),
            plan,
            samples: course.samples(),
            phases: course.phases(),
            outcome,
            facts,
        });
        let open = private().create(true).write(true).truncate(true).open(&self.0);
        match open.and_then(|mut file| file.write_all(page.as_bytes())) {
            Err(error) => output.warn(&format!("the report is not written: {error}")),
            Ok(()) => output.tell(&format!("The report is in {}\n", self.0.display())),
        }
    }
}
