//! What to plan, beside the strategy.

use super::strategy::StrategyArgs;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{PlanOptions, Result, Strategy};
use serde_json::{Map, Value};

/// What to plan: the strategy, and which nodes take part.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlanningArgs {
    /// Plan options.
    #[command(flatten)]
    options: OptionArgs,
    /// EMQX's options.
    #[command(flatten)]
    pub(crate) strategy: StrategyArgs,
}

/// Plan options, named as in the core.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Plan")]
struct OptionArgs {
    /// How to find the runs: `single` is the one rebalance that EMQX does by itself
    /// [default: single]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// The nodes to balance, separated by commas [default: every running node of one role]
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    nodes: Option<Vec<String>>,
    /// Nodes to leave out, separated by commas
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
    /// The node that runs the rebalance [default: the emptiest one]
    #[arg(long, value_name = "NODE")]
    coordinator: Option<String>,
}

impl PlanningArgs {
    /// The strategy and the options.
    ///
    /// # Errors
    /// `config_invalid` with every problem of the strategy, or the first of the options.
    pub(crate) fn resolve(&self) -> Result<(Strategy, PlanOptions)> {
        Ok((self.strategy.resolve()?, input::checked(self.options.given())?))
    }
}

impl OptionArgs {
    /// The options that were given, in the core's JSON.
    fn given(&self) -> Map<String, Value> {
        let pairs = [
            ("mode", self.mode.clone().map(Value::from)),
            ("nodes", self.nodes.clone().map(Value::from)),
            ("exclude", self.exclude.clone().map(Value::from)),
            ("coordinator", self.coordinator.clone().map(Value::from)),
        ];
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}
