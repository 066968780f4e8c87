//! What to say about a level plan.

use super::account::{Behind, Wave};
use super::outlook::{AS_GOOD, Candidate, Scene};
use crate::balance::{Balance, Bounds};
use crate::balancer::LoadBalancer;
use crate::number::float;
use crate::plan::finding::{Finding, FindingCode as Code, Severity};
use crate::plan::findings::{Evidence, check, full};
use crate::plan::model::Decision;
use crate::plan::options::PlanOptions;
use crate::plan::split::Split;
use crate::snapshot::{NodeLoad, Snapshot};
use crate::strategy::Strategy;

/// Findings about the nodes, whatever the plan.
pub(crate) fn findings(
    snapshot: &Snapshot,
    strategy: &Strategy,
    options: &PlanOptions,
    nodes: &[&NodeLoad],
) -> Vec<Finding> {
    let split = Split::of(nodes);
    let evidence = Evidence {
        snapshot,
        strategy,
        options,
        split: &split,
        decision: Decision::NothingToBalance,
        balance: crate::balance::BalanceChange::default(),
    };
    check(&evidence, nodes, &crate::forecast::Forecast::default())
}

/// Why a level cluster is left alone.
pub(crate) fn level_already(before: Balance, bounds: Bounds, options: &PlanOptions) -> String {
    if before.over > options.goal() && bounds.fewest_disconnects == 0 {
        return format!(
            "the fullest node is {:.2} % over the mean, and has no client too many: clients are whole, \
             and no plan can spread them more evenly",
            before.over * 100.0
        );
    }
    format!(
        "the fullest node is {:.2} % over the mean, within target_over {:.2} %: nothing is left to \
         level; to go on, set a lower target_over",
        before.over * 100.0,
        options.goal() * 100.0
    )
}

/// Why an unlevel cluster is left alone, or `None` if the runs of `chosen` are worth starting.
pub(crate) fn why_not(
    chosen: &Candidate,
    before: Balance,
    waves: &[Wave],
    options: &PlanOptions,
) -> Option<String> {
    if chosen.runs.is_empty() {
        let reason = "no run that EMQX accepts would level these nodes: the fuller ones hold no \
                      more clients than the others";
        return Some(reason.to_owned());
    }
    let after = waves.last()?.over;
    if after <= options.goal() || before.over - after > AS_GOOD {
        return None;
    }
    Some(format!(
        "no runs that EMQX accepts would level these nodes: the fullest is {:.2} % over the mean and \
         would end {:.2} % over it; EMQX takes clients only from nodes that hold more than the \
         others, whatever their weights, and the balancer alone decides where they come back{}",
        before.over * 100.0,
        after * 100.0,
        options.max_unavailable.map_or(String::new(), |most| format!(
            "; no more than max_unavailable ({most}) nodes close at once: raise it, so that the others do \
             not fill meanwhile"
        ))
    ))
}

/// A first wave that leaves the fullest node fuller than it is, for a later one to mend.
pub(crate) fn fuller_at_first(
    chosen: &Candidate,
    before: Balance,
    waves: &[Wave],
    groups: usize,
    options: &PlanOptions,
) -> Option<Finding> {
    if chosen.balance.over <= before.over {
        return None;
    }
    let (i, mended) = waves.iter().enumerate().find(|(_, wave)| wave.over < before.over)?;
    let advice = options.max_unavailable.map_or(String::new(), |most| {
        format!("; raise max_unavailable ({most}), so that more nodes close at once")
    });
    let message = format!(
        "the first wave leaves the fullest node {:.2} % over the mean, where it is {:.2} % over it \
         now; wave {} brings it to {:.2} %, so max_waves must be at least {}{advice}",
        chosen.balance.over * 100.0,
        before.over * 100.0,
        i + 1,
        mended.over * 100.0,
        (i + 2 - groups.min(i)).max(2)
    );
    Some(Finding::new(Severity::Warning, Code::FullerAtFirst, message))
}

/// Donors that are closed in `groups`.
pub(crate) fn in_groups(groups: usize, waves: &[Wave], options: &PlanOptions) -> Option<Finding> {
    let most = options.max_unavailable.filter(|_| groups > 1)?;
    let (first, last) = (waves.first()?, waves.get(groups - 1).or_else(|| waves.last())?);
    let dropped = waves.iter().take(groups).map(|wave| wave.disconnects);
    let message = format!(
        "max_unavailable {most} closes the donors in {groups} groups, one after the other, each of which \
         is planned when the one before it has opened: the fullest node ends {:.2} % over the mean after \
         the first and {:.2} % over it after the last, for about {} disconnects in all",
        first.over * 100.0,
        last.over * 100.0,
        dropped.fold(0, u64::saturating_add)
    );
    Some(Finding::new(Severity::Info, Code::DonorGroups, message))
}

/// Findings about the plan itself.
pub(crate) fn about(
    scene: &Scene<'_>,
    chosen: &Candidate,
    single: &Candidate,
    behind: &[Behind],
    strategy: &Strategy,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |severity, code, message: String| {
        findings.push(Finding::new(severity, code, message));
    };
    if chosen.runs == single.runs && !chosen.runs.is_empty() {
        let message = "one EMQX run levels these nodes as well as several would".to_owned();
        note(Severity::Info, Code::OneRunEnough, message);
    }
    if !behind.is_empty() {
        let over = |kind: LoadBalancer| {
            behind.iter().find(|one| one.load_balancer == kind).map_or(0.0, |one| one.over * 100.0)
        };
        let message = format!(
            "the load balancer's policy is not known: the fullest node ends {:.2} % over the mean \
             behind round robin, {:.2} % behind random, {:.2} % behind least connections; set \
             load_balancer for a plan made for one",
            over(LoadBalancer::RoundRobin),
            over(LoadBalancer::Random),
            over(LoadBalancer::LeastConnections)
        );
        note(Severity::Info, Code::LoadBalancerUnknown, message);
    }
    if let Some(most) = scene.options.max_duration_s
        && chosen.outlook.forecast.duration_s > most.into()
    {
        let message = format!(
            "the plan takes {} s, more than max_duration_s {most}: raise conn_evict_rate ({}) or \
             shorten the waits",
            chosen.outlook.forecast.duration_s, strategy.conn_evict_rate
        );
        note(Severity::Error, Code::TooLong, message);
    }
    let is_recipient =
        |load: &&NodeLoad| chosen.runs.iter().any(|run| run.recipients.contains(&load.node));
    findings.extend(full(scene.nodes().filter(is_recipient), &chosen.outlook.forecast));
    findings.extend(rates(scene, chosen));
    findings.extend(sessions(scene, chosen));
    findings
}

fn rates(scene: &Scene<'_>, chosen: &Candidate) -> Vec<Finding> {
    let peak = chosen.outlook.forecast.peak;
    let (node, cluster) = (peak.node_reconnects, peak.reconnects);
    let limits = [
        ("max_reconnect_rate", scene.options.max_reconnect_rate, node, "to one node"),
        ("max_cluster_reconnect_rate", scene.options.max_cluster_reconnect_rate, cluster, "in all"),
    ];
    let over = |(name, limit, peak, whom): (&str, Option<f64>, f64, &str)| {
        let limit = limit.filter(|limit| peak > *limit * 1.02 + 1.0)?;
        let message = format!(
            "up to {peak:.0} clients per second come back {whom}, more than {name} {limit:.0}: \
             lower conn_evict_rate"
        );
        Some(Finding::new(Severity::Error, Code::ReconnectRate, message))
    };
    limits.into_iter().filter_map(over).collect()
}

/// EMQX moves disconnected sessions only from nodes that are donors by connections.
fn sessions(scene: &Scene<'_>, chosen: &Candidate) -> Option<Finding> {
    let ends = scene.members.iter().filter_map(|i| chosen.outlook.forecast.end.get(*i));
    let ends: Vec<_> = ends.collect();
    let total: f64 = ends.iter().map(|end| end.disconnected_sessions).sum();
    let mean = total / float(ends.len() as u64).max(1.0);
    let fullest =
        ends.iter().max_by(|a, b| a.disconnected_sessions.total_cmp(&b.disconnected_sessions))?;
    if fullest.disconnected_sessions <= mean * 1.05 + 10.0 {
        return None;
    }
    let message = format!(
        "{} ends with {:.0} disconnected sessions where the mean is {mean:.0}: EMQX moves sessions \
         only away from nodes with more connections than the others; evacuate it to move them",
        fullest.node, fullest.disconnected_sessions
    );
    Some(Finding::new(Severity::Info, Code::SessionsStay, message).about(&fullest.node))
}
