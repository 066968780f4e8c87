//! From a snapshot and EMQX's options to what an evacuation will do.

use super::emptying::{Emptying, unknown};
use super::options::EvacuationPlanOptions;
use super::{findings, forecast};
use crate::balance::{Balance, BalanceChange};
use crate::emqx::Evacuation;
use crate::error::{Error, Problem, Result};
use crate::forecast::Forecast;
use crate::node::NodeName;
use crate::plan::{Finding, FindingCode, Severity};
use crate::reconnect;
use crate::snapshot::{NodeLoad, Snapshot, VERSION};
use serde::{Deserialize, Serialize};

/// The evacuation of one node and what it will do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvacuationPlan {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// What was asked for.
    pub asked: EvacuationAsked,
    /// The nodes that get the clients: every other one that serves clients.
    pub clients_to: Vec<NodeName>,
    /// The nodes that get the sessions whose client is away: those of `migrate_to` that run, or
    /// every other one that runs.
    pub sessions_to: Vec<NodeName>,
    /// What it will do, up to the empty node. It then stays closed.
    pub forecast: Forecast,
    /// The balance of the nodes that get the clients, before and after.
    pub balance: BalanceChange,
    /// What to know before starting. One of severity `error` stops a start.
    pub findings: Vec<Finding>,
    /// What to do afterwards, for people.
    pub reminder: String,
}

/// What an evacuation was asked to do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvacuationAsked {
    /// The node to empty.
    pub node: NodeName,
    /// How fast, and where to.
    pub evacuation: Evacuation,
    /// What the plan was made for.
    #[serde(default)]
    pub options: EvacuationPlanOptions,
}

impl EvacuationPlan {
    /// Findings that forbid a start unless it is forced.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Whether `node` did not answer when the plan was made, so that what the plan says of its counts
    /// means nothing.
    pub fn is_unknown(&self, node: &NodeName) -> bool {
        let is_it = |finding: &Finding| {
            finding.code == FindingCode::NodeUnknown && finding.node.as_ref() == Some(node)
        };
        self.findings.iter().any(is_it)
    }

    /// The node to empty.
    pub fn node(&self) -> &NodeName {
        &self.asked.node
    }
}

/// Plans the evacuation of `node`.
///
/// ```
/// use emqx_rebalance_core::{
///     Evacuation, EvacuationPlanOptions, NodeLoad, NodeName, Snapshot, plan_evacuation,
/// };
///
/// let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
/// let snapshot = Snapshot::new(vec![node("a@h", 9000), node("b@h", 0)])?;
/// let (evacuation, options) = (Evacuation::default(), EvacuationPlanOptions::default());
/// let plan = plan_evacuation(&snapshot, &NodeName::new("a@h").unwrap(), &evacuation, &options)?;
/// assert_eq!(plan.forecast.disconnects, 9000);
/// # Ok::<(), emqx_rebalance_core::Error>(())
/// ```
///
/// # Errors
/// `unknown_node` if `node` or one of `migrate_to` is not in the snapshot; `config_invalid` if
/// `migrate_to` names `node` itself, or the reconnect delay is out of bounds.
pub fn plan_evacuation(
    snapshot: &Snapshot,
    node: &NodeName,
    evacuation: &Evacuation,
    options: &EvacuationPlanOptions,
) -> Result<EvacuationPlan> {
    check(snapshot, node, evacuation, options)?;
    let emptying = Emptying::of(snapshot, node, evacuation, options)?;
    let forecast = forecast::forecast(snapshot.nodes(), &emptying);
    let balance = BalanceChange {
        before: Balance::of(
            emptying.clients_to.iter().map(|load| (load.connections, load.weight())),
        ),
        after: Balance::of(ends(&emptying, &forecast)),
    };
    let names = |loads: &[&NodeLoad]| loads.iter().map(|load| load.node.clone()).collect();
    Ok(EvacuationPlan {
        version: VERSION,
        asked: EvacuationAsked {
            node: node.clone(),
            evacuation: evacuation.clone(),
            options: options.clone(),
        },
        clients_to: names(&emptying.clients_to),
        sessions_to: names(&emptying.sessions_to),
        findings: findings::check(snapshot, &emptying, &forecast),
        forecast,
        balance,
        reminder: format!(
            "{node} stays closed to clients until its evacuation is stopped, over restarts too"
        ),
    })
}

fn check(
    snapshot: &Snapshot,
    node: &NodeName,
    evacuation: &Evacuation,
    options: &EvacuationPlanOptions,
) -> Result<()> {
    let migrate_to = evacuation.migrate_to.as_deref().unwrap_or_default();
    if let Some(stranger) = migrate_to.iter().find(|name| snapshot.node(name).is_none()) {
        return Err(unknown(snapshot, stranger));
    }
    let mut problems = Vec::new();
    if migrate_to.contains(node) {
        // EMQX takes it, and then moves the node's sessions to itself for ever.
        problems.push(Problem::new("migrate_to", node, "nodes other than the one to empty"));
    }
    problems.extend(reconnect::problem(options.reconnect.as_ref(), options.reconnect_delay_s));
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid("evacuation", problems)) }
}

fn ends<'a>(
    emptying: &'a Emptying<'_>,
    forecast: &'a Forecast,
) -> impl Iterator<Item = (u64, f64)> + 'a {
    emptying.clients_to.iter().filter_map(|load| {
        let end = forecast.end.iter().find(|end| end.node == load.node)?;
        Some((end.connections, load.weight()))
    })
}
