//! Levels a cluster with several EMQX runs at once.
//!
//! EMQX's own run drops as many clients from every donor and stops by averages, so unequal donors
//! stay unequal, and a balancer that spreads evenly fills the fuller recipients as fast as the
//! emptiest. A level plan gives each node that must be closed a run of its own:
//!
//! * A **donor** drops just its excess over the target (`pace`). All donors end together, since one
//!   that reopened early would be filled by the others' clients.
//! * A **cordon** closes a recipient until the emptier ones have caught up (`cordon`). It drops one
//!   client, because EMQX starts no run that has nothing to do, and then sits in `wait_takeover`,
//!   which is its timer: `wait_takeover` exists for dropped clients to come back, and here there
//!   are none to speak of. When a run must end on a whole second but the moment is between two,
//!   the cordon opens early and drops what it will get too much.
//!
//! Where each run stops is set by its threshold, half way between what its own averages will be at
//! the last tick that drops and at the check that ends it (`starts`), so neither ticks out of phase
//! nor clients that come back a little late change how many it drops. All of this is reckoned from
//! one closed form of how many clients are back at a time (`flow`, `timeline`); `search` tries paces
//! and tolerances, each as if the balancer looked at one time of the second or another (`look`),
//! keeps the cheapest and moves its cordons while that helps (`polish`); the result is forecast by EMQX's rules, start for start,
//! by an engine that knows nothing of how the plan was made (`forecast::several`).
//!
//! Behind least-connections balancers no cordons are needed: they fill the emptiest by themselves.

pub(crate) mod account;
mod cordon;
mod draft;
mod flow;
mod groups;
mod look;
mod notes;
mod outlook;
mod pace;
mod pilot;
mod polish;
mod search;
mod setting;
mod starts;
mod timeline;
mod waves;

pub(crate) use waves::WORTH;

use crate::balance::{Balance, BalanceChange, Bounds};
use crate::error::Result;
use crate::forecast::unchanged;
use crate::node::NodeName;
use crate::plan::finding::Finding;
use crate::plan::model::{Decision, Plan, Run};
use crate::plan::options::Mode;
use crate::plan::options::PlanOptions;
use crate::plan::selection::select;
use crate::plan::{reason, single};
use crate::snapshot::{NodeLoad, NodeStatus, Snapshot, VERSION};
use crate::strategy::Strategy;
use crate::units::{AbsThreshold, RelThreshold};
use outlook::Scene;
use setting::Setting;
use starts::Start;

/// Plans runs that level `snapshot`, never worse than EMQX's own run.
///
/// # Errors
/// `config_invalid` or `unknown_node` if `options` cannot be.
pub(crate) fn plan(
    snapshot: &Snapshot,
    strategy: &Strategy,
    options: &PlanOptions,
) -> Result<Plan> {
    options.check()?;
    let selected = select(snapshot, options)?;
    let is_running =
        |i: &usize| snapshot.nodes().get(*i).is_some_and(|load| load.status == NodeStatus::Running);
    let chosen: Vec<&NodeLoad> = selected.iter().filter_map(|i| snapshot.nodes().get(*i)).collect();
    let is_busy = reason::running(&chosen);
    let mut members: Vec<usize> = selected.into_iter().filter(is_running).collect();
    // The same plan in whatever order EMQX lists its nodes.
    members.sort_by_key(|i| snapshot.nodes().get(*i).map(|load| load.node.clone()));
    let mut plan = single::plan(snapshot, strategy, options)?;
    plan.mode = Mode::Level;
    let nodes: Vec<&NodeLoad> = members.iter().filter_map(|i| snapshot.nodes().get(*i)).collect();
    let loads: Vec<(u64, f64)> = nodes.iter().map(|n| (n.connections, n.weight())).collect();
    let before = Balance::of(loads.iter().copied());
    let bounds = Bounds::of(&loads, strategy);
    let scene = Scene { snapshot, members: &members, options };
    if let Some(reason) = is_busy {
        return Ok(nothing(plan, &scene, strategy, (before, bounds), reason));
    }
    let single_run = scene.candidate(plan.runs.clone());
    if before.over <= options.goal() || bounds.fewest_disconnects == 0 {
        let reason = notes::level_already(before, bounds, options);
        return Ok(nothing(plan, &scene, strategy, (before, bounds), reason));
    }
    let several = scene.candidate(scene.level(strategy));
    let chosen = if !scene.allows(&single_run) || several.is_better_than(&single_run) {
        &several
    } else {
        &single_run
    };
    let waves = waves::expected(&scene, chosen, strategy);
    if let Some(reason) = notes::why_not(chosen, before, &waves, options) {
        return Ok(nothing(plan, &scene, strategy, (before, bounds), reason));
    }
    plan.findings = notes::findings(snapshot, strategy, options, &nodes);
    let behind = scene.behind(chosen);
    plan.findings.extend(notes::about(&scene, chosen, &single_run, &behind, strategy));
    let groups = groups::count(&scene);
    plan.findings.extend(notes::fuller_at_first(chosen, before, &waves, groups, options));
    plan.findings.extend(notes::in_groups(groups, &waves, options));
    Ok(Plan {
        version: VERSION,
        mode: Mode::Level,
        asked: plan.asked,
        fingerprint: plan.fingerprint,
        decision: Decision::Start,
        reason: None,
        donors: scene.names(|load, share| load > share),
        recipients: scene.names(|load, share| load <= share),
        moves: scene.moves(chosen),
        waves,
        groups,
        pilot: scene.pilot(chosen, strategy),
        behind,
        comparison: (!single_run.runs.is_empty()).then(|| single_run.comparison()),
        runs: chosen.runs.clone(),
        forecast: chosen.outlook.forecast.clone(),
        balance: BalanceChange { before, after: chosen.balance },
        bounds,
        findings: Finding::errors_first(plan.findings),
    })
}

/// A plan that starts nothing.
fn nothing(
    plan: Plan,
    scene: &Scene<'_>,
    strategy: &Strategy,
    (before, bounds): (Balance, Bounds),
    reason: String,
) -> Plan {
    let Scene { snapshot, options, .. } = *scene;
    let nodes: Vec<&NodeLoad> = scene.nodes().collect();
    Plan {
        decision: Decision::NothingToBalance,
        reason: Some(reason),
        runs: Vec::new(),
        forecast: unchanged(snapshot.nodes()),
        balance: BalanceChange { before, after: before },
        bounds,
        findings: notes::findings(snapshot, strategy, options, &nodes),
        ..plan
    }
}

impl Scene<'_> {
    /// The runs of the best draft.
    pub(crate) fn level(&self, strategy: &Strategy) -> Vec<Run> {
        let nodes: Vec<&NodeLoad> = self.nodes().collect();
        let others: Vec<&NodeLoad> = self.others().collect();
        let setting = groups::first(Setting::of(&nodes, &others, strategy, self.options));
        let draft = search::best(&setting);
        let name = |i: usize| nodes.get(i).map(|load| load.node.clone());
        let run = |start: Start| {
            let donor = name(start.site)?;
            let recipients: Vec<NodeName> =
                start.recipients.iter().filter_map(|i| name(*i)).collect();
            Some(Run {
                coordinator: donor.clone(),
                nodes: std::iter::once(donor.clone()).chain(recipients.iter().cloned()).collect(),
                donors: vec![donor],
                recipients,
                strategy: start.strategy(strategy),
            })
        };
        starts::starts(&setting, &draft).into_iter().filter_map(run).collect()
    }
}

impl Start {
    /// The options of the start. Donors hand over sessions down to the recipients' average; a
    /// cordon moves none, since that would keep it closed for longer.
    fn strategy(&self, strategy: &Strategy) -> Strategy {
        let sessions = if self.donor { 1 } else { u32::MAX };
        Strategy {
            conn_evict_rate: self.rate,
            wait_health_check: self.wait_health_check_s,
            wait_takeover: self.wait_takeover_s,
            abs_conn_threshold: self.abs,
            rel_conn_threshold: self.rel,
            abs_sess_threshold: AbsThreshold::at_least_one(sessions),
            rel_sess_threshold: RelThreshold::TIGHTEST,
            ..strategy.clone()
        }
    }
}
