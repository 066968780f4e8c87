//! The one run that EMQX would do by itself.

use super::findings::{self, Evidence};
use super::fingerprint::Fingerprint;
use super::model::{Asked, Decision, Plan, Run};
use super::options::Mode;
use super::options::PlanOptions;
use super::reason;
use super::selection::select;
use super::split::Split;
use crate::balance::{Balance, BalanceChange, Bounds};
use crate::balancer::LoadBalancer;
use crate::error::Result;
use crate::forecast::{Forecast, Group, Spread, Start, World, simulate, simulate_all, unchanged};
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus, Snapshot, VERSION};
use crate::strategy::Strategy;

/// Plans the run that EMQX would do with `strategy`.
pub(crate) fn plan(
    snapshot: &Snapshot,
    strategy: &Strategy,
    options: &PlanOptions,
) -> Result<Plan> {
    let selected = select(snapshot, options)?;
    let nodes: Vec<&NodeLoad> = selected.iter().filter_map(|i| snapshot.nodes().get(*i)).collect();
    let split = Split::of(&nodes);
    let decision = split.decide(strategy);
    let forecast = match decision {
        Decision::Start if options.told_profile().is_some() => {
            with_returns(snapshot, &selected, strategy, options)
        }
        Decision::Start => simulate(snapshot.nodes(), &groups(snapshot, &split), strategy),
        Decision::NothingToBalance => unchanged(snapshot.nodes()),
    };
    let loads: Vec<(u64, f64)> = nodes.iter().map(|n| (n.connections, n.weight())).collect();
    let balance = BalanceChange {
        before: Balance::of(loads.iter().copied()),
        after: Balance::of(ends(&nodes, &forecast)),
    };
    let evidence = Evidence { snapshot, strategy, options, split: &split, decision, balance };
    let findings = findings::check(&evidence, &nodes, &forecast);
    Ok(Plan {
        version: VERSION,
        mode: Mode::Single,
        asked: Asked { strategy: strategy.clone(), options: options.clone() },
        fingerprint: Fingerprint::of(snapshot),
        decision,
        reason: match decision {
            Decision::Start => None,
            Decision::NothingToBalance => {
                reason::running(&nodes).or_else(|| reason::explain(&split, strategy, decision))
            }
        },
        runs: run(&nodes, &split, strategy, options, decision).into_iter().collect(),
        donors: names(&split.donors),
        recipients: names(&split.recipients),
        forecast,
        balance,
        bounds: Bounds::of(&loads, strategy),
        findings,
        moves: Vec::new(),
        waves: Vec::new(),
        behind: Vec::new(),
        comparison: None,
        pilot: None,
        groups: 1,
    })
}

/// The forecast with clients that come back as the options say.
fn with_returns(
    snapshot: &Snapshot,
    selected: &[usize],
    strategy: &Strategy,
    options: &PlanOptions,
) -> Forecast {
    let spread = options.load_balancer.map_or(Spread::Evenly, LoadBalancer::spread);
    let world = World { spread, profile: &options.profile(), tick_lag_s: 0.0 };
    let serves = |load: &NodeLoad| load.status == NodeStatus::Running;
    let serving: Vec<bool> = snapshot.nodes().iter().map(serves).collect();
    let start = Start { nodes: selected.to_vec(), strategy };
    simulate_all(snapshot.nodes(), &serving, &[start], world).forecast
}

fn groups(snapshot: &Snapshot, split: &Split<'_>) -> Vec<Group> {
    let is_in = |list: &[&NodeLoad], load: &NodeLoad| list.iter().any(|n| n.node == load.node);
    let group = |load: &NodeLoad| {
        if is_in(&split.donors, load) {
            Group::Donor
        } else if is_in(&split.recipients, load) {
            Group::Recipient
        } else {
            Group::Outside
        }
    };
    snapshot.nodes().iter().map(group).collect()
}

fn ends<'a>(
    nodes: &'a [&NodeLoad],
    forecast: &'a Forecast,
) -> impl Iterator<Item = (u64, f64)> + 'a {
    let end = |load: &&NodeLoad| {
        let end = forecast.end.iter().find(|end| end.node == load.node)?;
        Some((end.connections, load.weight()))
    };
    nodes.iter().filter_map(end)
}

fn run(
    nodes: &[&NodeLoad],
    split: &Split<'_>,
    strategy: &Strategy,
    options: &PlanOptions,
    decision: Decision,
) -> Option<Run> {
    if decision == Decision::NothingToBalance {
        return None;
    }
    let emptiest = split.recipients.iter().min_by_key(|load| load.connections)?;
    Some(Run {
        coordinator: options.coordinator.clone().unwrap_or_else(|| emptiest.node.clone()),
        nodes: names(nodes),
        donors: names(&split.donors),
        recipients: names(&split.recipients),
        strategy: strategy.clone(),
    })
}

fn names(nodes: &[&NodeLoad]) -> Vec<NodeName> {
    nodes.iter().map(|load| load.node.clone()).collect()
}
