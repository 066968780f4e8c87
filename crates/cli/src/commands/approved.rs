//! Plans that were made before, and perhaps read by somebody, and are started now.

use crate::args::StartArgs;
use crate::clock::now_ms;
use crate::input;
use emqx_rebalance_core::{Plan, Result, Snapshot, Tolerance};
use std::path::Path;

/// A plan of a file, and how far the cluster may have moved since.
pub(crate) struct Approved {
    plan: Box<Plan>,
    tolerance: Tolerance,
}

impl Approved {
    /// Reads the plan at `path`, and how far the cluster may have moved since.
    ///
    /// # Errors
    /// `config_invalid` if the file holds no plan, or a limit is none.
    pub(crate) fn read(path: &Path, args: &StartArgs) -> Result<Self> {
        let (share, max_age_s) = args.plan_limits()?;
        Ok(Self {
            plan: Box::new(input::plan(path)?),
            tolerance: Tolerance::new(share, max_age_s)?,
        })
    }

    /// The plan, for a cluster that is as `snapshot`.
    ///
    /// # Errors
    /// `conflict`, saying what has changed.
    pub(crate) fn fitting(self, snapshot: &Snapshot) -> Result<Plan> {
        self.plan.check_fits(snapshot, now_ms(), &self.tolerance)?;
        Ok(*self.plan)
    }
}
