//! What to plan, beside the strategy.

use super::quantity::{Quantities, plain, seconds, whole_seconds};
use super::strategy::StrategyArgs;
use crate::clock::now_ms;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{Error, Plan, PlanOptions, Problem, Result, Snapshot, Strategy, plan};
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
    /// `single`: the one rebalance that EMQX does by itself. `level`: several at once, so that every
    /// node ends near the average [default: single, with --compare level]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Show beside the plan what EMQX's one rebalance would do
    #[arg(long)]
    compare: bool,
    /// The nodes to balance, separated by commas [default: every running node of one role]
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    nodes: Option<Vec<String>>,
    /// Nodes to leave out, separated by commas
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
    /// The node that runs the rebalance [default: the emptiest one]
    #[arg(long, value_name = "NODE")]
    coordinator: Option<String>,
    /// How much each node should carry against the others, such as emqx@a=2,emqx@b=1 [default: 1]
    #[arg(long, value_name = "NODE=N", value_delimiter = ',')]
    weights: Vec<String>,
    /// How the load balancer picks nodes: round_robin, random or least_connections
    #[arg(long, value_name = "POLICY")]
    load_balancer: Option<String>,
    /// Time that a dropped client takes to come back: 500ms, 2s [default: 1s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    reconnect_delay: Option<String>,
    /// level: most clients per second that may come back to one node
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_reconnect_rate: Option<String>,
    /// level: most clients per second that may come back to the whole cluster
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_cluster_reconnect_rate: Option<String>,
    /// level: most nodes that may be closed to new clients at once
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_unavailable: Option<String>,
    /// level: share over the average that is good enough for the fullest node [default: 0.002]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    target_over: Option<String>,
    /// level: most time that the plan may take: 90s, 10m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    max_duration: Option<String>,
}

impl PlanningArgs {
    /// The strategy and the options.
    ///
    /// # Errors
    /// `config_invalid` with every problem of the strategy, or of the options.
    pub(crate) fn resolve(&self) -> Result<(Strategy, PlanOptions)> {
        Ok((self.strategy.resolve()?, input::checked(self.options.given()?)?))
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

    /// Whether EMQX's own rebalance is to be shown beside the plan.
    pub(crate) fn compares(&self) -> bool {
        self.options.compare
    }
}

impl OptionArgs {
    /// The options that were given, in the core's JSON.
    fn given(&self) -> Result<Map<String, Value>> {
        let mut numbers = Quantities::default();
        let mut number =
            |flag: &str, text: &Option<String>, scale| numbers.read(flag, text.as_ref(), scale);
        let pairs = [
            ("mode", self.mode()),
            ("nodes", self.nodes.clone().map(Value::from)),
            ("exclude", self.exclude.clone().map(Value::from)),
            ("weights", weights(&self.weights)?),
            ("coordinator", self.coordinator.clone().map(Value::from)),
            ("load_balancer", self.load_balancer.clone().map(Value::from)),
            ("reconnect_delay_s", number("reconnect_delay", &self.reconnect_delay, seconds as _)),
            ("max_reconnect_rate", number("max_reconnect_rate", &self.max_reconnect_rate, plain)),
            (
                "max_cluster_reconnect_rate",
                number("max_cluster_reconnect_rate", &self.max_cluster_reconnect_rate, plain),
            ),
            ("max_unavailable", number("max_unavailable", &self.max_unavailable, plain)),
            ("target_over", number("target_over", &self.target_over, plain)),
            ("max_duration_s", number("max_duration", &self.max_duration, whole_seconds)),
        ];
        numbers.finish()?;
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(given.collect())
    }

    fn mode(&self) -> Option<Value> {
        let default = self.compare.then(|| "level".to_owned());
        self.mode.clone().or(default).map(Value::from)
    }
}

/// The weights of nodes by name.
fn weights(pairs: &[String]) -> Result<Option<Value>> {
    let mut weights = Map::new();
    for pair in pairs {
        let parts = pair.split_once('=').and_then(|(node, weight)| {
            let weight: f64 = weight.parse().ok()?;
            (weight.is_finite() && weight > 0.0).then_some((node, weight))
        });
        let Some((node, weight)) = parts else {
            let bound = "a node and a number more than 0, such as `emqx@10.0.0.1=2`";
            return Err(Error::invalid("options", vec![Problem::new("weights", pair, bound)]));
        };
        weights.insert(node.to_owned(), weight.into());
    }
    Ok((!weights.is_empty()).then_some(Value::Object(weights)))
}
