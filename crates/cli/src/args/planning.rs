//! What to plan.

use super::flags::{Flags, both};
use crate::clock::now_ms;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{Mode, Plan, PlanOptions, Result, Snapshot, Strategy, plan};
use serde_json::Map;
use std::path::PathBuf;

/// What to plan: the strategy, and which nodes take part.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlanningArgs {
    /// Show beside the plan what EMQX's one rebalance would do; the mode is then level by default
    #[arg(long, help_heading = "Plan")]
    pub(crate) compare: bool,
    /// Plan options.
    #[command(flatten)]
    options: Flags<PlanOptions>,
    /// File of EMQX's options, JSON or YAML; `-` reads standard input. Flags override it
    #[arg(id = "strategy_file", long = "strategy", value_name = "FILE")]
    #[arg(help_heading = "Strategy (EMQX's options)")]
    strategy_file: Option<PathBuf>,
    /// EMQX's options.
    #[command(flatten)]
    strategy: Flags<Strategy>,
}

impl PlanningArgs {
    /// The strategy of the file, overridden by the flags, and the options.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<(Strategy, PlanOptions)> {
        let file = self.strategy_file.as_deref();
        let file = file.map_or_else(|| Ok(Map::new()), |path| input::options(path, "strategy"))?;
        let level = self.compare.then(|| ("mode".to_owned(), Mode::Level.as_str().into()));
        let options = self.options.resolve_over(level.into_iter().collect());
        both(self.strategy.resolve_over(file), options)
    }

    /// Whether the strategy is read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.strategy_file.as_deref().is_some_and(input::is_stdin)
    }

    /// Plans for `snapshot`, and notes the time.
    ///
    /// # Errors
    /// As [`emqx_rebalance_core::plan`].
    pub(crate) fn plan(
        &self,
        snapshot: &Snapshot,
        strategy: &Strategy,
        options: &PlanOptions,
    ) -> Result<Plan> {
        let mut plan = plan(snapshot, strategy, options)?;
        plan.fingerprint.made_at_ms = Some(now_ms());
        Ok(plan)
    }
}
