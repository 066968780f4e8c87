//! Arguments of `start` and `resume`.

use super::flags::{Flagged, Flags};
use super::quantity::{Quantities, plain, whole_seconds};
use super::{PlanningArgs, RecordingArgs};
use clap::Args;
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{PlanOptions, Result, Strategy};
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `start`.
#[derive(Args, Debug)]
pub(crate) struct StartArgs {
    /// Follow to the end and give a verdict. Ctrl-C and SIGTERM only stop the watching
    #[arg(long, short)]
    pub(crate) wait: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Start although the plan has errors
    #[arg(long)]
    pub(crate) force: bool,
    /// Why, for the history: a ticket, a sentence
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Keep the state in this file at every step, so that `resume FILE` goes on whatever happens
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Start the plan in this file, made by `plan --output json`; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = PLANNED)]
    #[arg(conflicts_with = "PlanningArgs")]
    pub(crate) plan: Option<PathBuf>,
    /// With --plan: how far a node's clients may have moved since, as a share of the average
    /// [default: 0.05]
    #[arg(long, value_name = "SHARE", requires = "plan", allow_hyphen_values = true)]
    pub(crate) plan_tolerance: Option<String>,
    /// With --plan: how old it may be: 30m, 2h [default: 1h]
    #[arg(long, value_name = "TIME", requires = "plan", allow_hyphen_values = true)]
    pub(crate) plan_max_age: Option<String>,
    /// With --wait: write a page with plan, course and verdict to this file
    #[arg(long, value_name = "FILE.html", requires = "wait")]
    pub(crate) report: Option<PathBuf>,
    /// Where a record is kept.
    #[command(flatten)]
    pub(crate) recording: RecordingArgs,
    /// How patiently.
    #[command(flatten)]
    pub(crate) driving: Flags<DriverOptions>,
    /// What to plan.
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,
}

impl StartArgs {
    /// How far a node's count may be from that of --plan, as a share of the average, and how old the
    /// plan may be in seconds.
    ///
    /// # Errors
    /// `config_invalid` if either is no number.
    pub(crate) fn plan_limits(&self) -> Result<(f64, u64)> {
        let mut numbers = Quantities::default();
        let share = numbers.read("plan_tolerance", self.plan_tolerance.as_ref(), plain);
        let age = numbers.read("plan_max_age", self.plan_max_age.as_ref(), whole_seconds);
        numbers.finish()?;
        let share = share.as_ref().and_then(Value::as_f64).unwrap_or(PLAN_TOLERANCE);
        Ok((share, age.as_ref().and_then(Value::as_u64).unwrap_or(PLAN_MAX_AGE_S)))
    }
}

/// Arguments of `resume`.
#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The file that `start --state` or `evacuate start --state` wrote
    #[arg(value_name = "FILE")]
    pub(crate) state: PathBuf,
    /// Where a record is kept.
    #[command(flatten)]
    pub(crate) recording: RecordingArgs,
}

/// Groups of flags that say what to plan.
const PLANNED: [&str; 2] = [<PlanOptions as Flagged>::HEADING, <Strategy as Flagged>::HEADING];
const PLAN_TOLERANCE: f64 = 0.05;
const PLAN_MAX_AGE_S: u64 = 3600;
