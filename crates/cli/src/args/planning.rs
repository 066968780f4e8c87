//! What to plan.

use super::flags::{Flags, both};
use crate::clock::now_ms;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{
    Error, ErrorKind, Mode, Plan, PlanOptions, Result, Snapshot, Strategy, plan,
};
use serde_json::Map;
use std::path::{Path, PathBuf};

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
        self.resolve_beside(None)
    }

    /// The same, where a snapshot is read from `input`.
    ///
    /// # Errors
    /// `config_invalid` with every problem, and if two are to be read from standard input.
    pub(crate) fn resolve_beside(&self, input: Option<&Path>) -> Result<(Strategy, PlanOptions)> {
        let files = [input, self.strategy_file.as_deref()];
        let readers = files.into_iter().flatten().filter(|path| input::is_stdin(path)).count();
        if readers + self.options.stdin_readers() > 1 {
            let message = "snapshot, strategy and reconnect profile: two of them cannot both come \
                           from standard input";
            return Err(Error::new(ErrorKind::ConfigInvalid, message));
        }
        let file = self.strategy_file.as_deref();
        let file = file.map_or_else(|| Ok(Map::new()), |path| input::options(path, "strategy"))?;
        let level = self.compare.then(|| ("mode".to_owned(), Mode::Level.as_str().into()));
        let options = self.options.resolve_over(level.into_iter().collect());
        both(self.strategy.resolve_over(file), options)
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
