//! Checks that need only the snapshot, the strategy and the forecast.

use super::finding::{Finding, FindingCode as Code, Severity};
use super::model::Decision;
use super::options::{Mode, PlanOptions};
use super::split::Split;
use super::{selection, versions};
use crate::balance::BalanceChange;
use crate::balancer::LoadBalancer;
use crate::forecast::Forecast;
use crate::number::float;
use crate::snapshot::{NodeLoad, NodeStatus, Role, Snapshot};
use crate::strategy::Strategy;
use crate::version::EmqxVersion;

/// What the checks look at.
pub(crate) struct Evidence<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) strategy: &'a Strategy,
    pub(crate) options: &'a PlanOptions,
    pub(crate) split: &'a Split<'a>,
    pub(crate) decision: Decision,
    pub(crate) balance: BalanceChange,
}

/// Every finding about a plan for `nodes`, errors first.
pub(crate) fn check(
    evidence: &Evidence<'_>,
    nodes: &[&NodeLoad],
    forecast: &Forecast,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(availability(evidence.snapshot, nodes));
    findings.extend(unknown(evidence.snapshot, evidence.options));
    findings.extend(roles(evidence, nodes));
    findings.extend(versions::check(nodes, evidence.strategy));
    findings.extend(sticky(evidence.options));
    if evidence.decision == Decision::Start {
        findings.extend(full(evidence.split.recipients.iter().copied(), forecast));
        findings.extend(outcome(evidence, forecast));
        findings.extend(waits(evidence));
    }
    Finding::errors_first(findings)
}

/// Nodes that are down, being evacuated, or donors of a rebalance already. Of those that are not
/// known this says nothing: what follows differs.
pub(crate) fn availability(snapshot: &Snapshot, nodes: &[&NodeLoad]) -> Vec<Finding> {
    let finding = |load: &NodeLoad| {
        let chosen = nodes.iter().any(|node| node.node == load.node);
        let severity = if chosen { Severity::Error } else { Severity::Warning };
        let (code, severity, text) = match load.status {
            NodeStatus::Running => return None,
            NodeStatus::Stopped => (
                Code::NodeDown,
                severity,
                "is stopped: its clients are on the other nodes, and it joins empty when it \
                 comes back",
            ),
            NodeStatus::Evacuating => (
                Code::EvacuationInProgress,
                severity,
                "is being evacuated: stop the evacuation first, or leave the node out",
            ),
            NodeStatus::Donor => (
                Code::RunInProgress,
                Severity::Error,
                "is a donor of a rebalance that is running: wait for its end or stop it",
            ),
            NodeStatus::Unknown => return None,
        };
        let message = format!("{} {text}", load.node);
        Some(Finding::new(severity, code, message).about(&load.node))
    };
    snapshot.nodes().iter().filter_map(finding).collect()
}

/// A load balancer behind which nothing stays level.
fn sticky(options: &PlanOptions) -> Option<Finding> {
    let severity = match options.mode {
        Mode::Level => Severity::Error,
        Mode::Single => Severity::Warning,
    };
    (options.load_balancer == Some(LoadBalancer::Sticky)).then(|| {
        let message = "the load balancer sends each client to a node of its own, by its address or \
                       otherwise: clients that a node drops come back to it once it serves again, or all \
                       to one other; nothing stays level. Have it pick nodes by round robin, at random or \
                       by least connections first";
        Finding::new(severity, Code::StickyBalancer, message)
    })
}

/// Nodes that are not known and that neither `exclude` nor `nodes` leaves out.
fn unknown(snapshot: &Snapshot, options: &PlanOptions) -> Vec<Finding> {
    let chosen =
        snapshot.unknown().filter(|load| selection::would_take_part(snapshot, options, load));
    chosen
        .map(|load| not_known(load, Severity::Error, "wait until it does, or exclude it"))
        .collect()
}

/// A finding about a node that does not answer, with what follows from that.
pub(crate) fn not_known(load: &NodeLoad, severity: Severity, text: &str) -> Finding {
    let message =
        format!("{} does not answer, so nobody knows how many clients it has: {text}", load.node);
    Finding::new(severity, Code::NodeUnknown, message).about(&load.node)
}

fn roles(evidence: &Evidence<'_>, nodes: &[&NodeLoad]) -> Vec<Finding> {
    let has = |role| nodes.iter().any(|load| load.role == Some(role));
    let mut findings = Vec::new();
    if has(Role::Core) && has(Role::Replicant) {
        findings.push(Finding::new(
            Severity::Error,
            Code::MixedRoles,
            "the nodes are cores and replicants: cores of such a cluster may serve no clients, so \
             theirs would be sent to nodes that cannot take them; name nodes of one role",
        ));
    }
    let left_out = selection::left_out_by_role(evidence.snapshot, evidence.options);
    findings.extend(left_out.filter(|load| load.connections > 0).map(|load| {
        let message = format!(
            "{} is a core among replicants and keeps its {} connections",
            load.node, load.connections
        );
        Finding::new(Severity::Warning, Code::LeftOutByRole, message).about(&load.node)
    }));
    findings
}

/// Those of `recipients` that would hold more clients, if only for a time, than their file descriptors
/// allow: the driver would stop everything then.
pub(crate) fn full<'a>(
    recipients: impl Iterator<Item = &'a NodeLoad>,
    forecast: &Forecast,
) -> Vec<Finding> {
    let finding = |load: &NodeLoad| {
        let limit = load.most_clients()?;
        let curve = forecast.curve.nodes.iter().find(|curve| curve.node == load.node)?;
        let most = curve.connections.iter().copied().max()?;
        (most > limit).then(|| {
            let text = format!(
                "{} would hold {most} clients; by its file descriptors it holds {limit}",
                load.node
            );
            Finding::new(Severity::Error, Code::RecipientFull, text).about(&load.node)
        })
    };
    recipients.filter_map(finding).collect()
}

/// What the forecast says against starting.
fn outcome(evidence: &Evidence<'_>, forecast: &Forecast) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(overshoot(evidence, forecast));
    let after = evidence.balance.after;
    if after.over > LAX {
        findings.push(Finding::new(
            Severity::Warning,
            Code::LaxThresholds,
            format!(
                "the fullest node ends {:.0} % over the mean: EMQX drops as many clients from \
                 every donor and stops by averages; tighter thresholds may help, unequal donors \
                 stay unequal",
                after.over * 100.0
            ),
        ));
    }
    let split = evidence.split;
    if let ([recipient], 2..) = (split.recipients.as_slice(), split.donors.len()) {
        let rate = u64::from(evidence.strategy.conn_evict_rate.get());
        let all = rate * split.donors.len() as u64;
        let message = format!(
            "{} donors close at once and {} alone takes what they drop, up to {all} clients per \
             second ({rate} from each)",
            split.donors.len(),
            recipient.node
        );
        let finding = Finding::new(Severity::Warning, Code::OneRecipient, message);
        findings.push(finding.about(&recipient.node));
    }
    findings
}

/// A tick drops `conn_evict_rate` from every donor, however few are still to move.
fn overshoot(evidence: &Evidence<'_>, forecast: &Forecast) -> Option<Finding> {
    let end_mean = |nodes: &[&NodeLoad]| {
        let of = |load: &&NodeLoad| forecast.end.iter().find(|end| end.node == load.node);
        let total: u64 = nodes.iter().filter_map(of).map(|end| end.connections).sum();
        float(total) / float(nodes.len().max(1) as u64)
    };
    let split = evidence.split;
    let (donors, recipients) = split.conn_means();
    let gap = donors - recipients;
    let inverted = end_mean(&split.recipients) - end_mean(&split.donors);
    let BalanceChange { before, after } = evidence.balance;
    let severity = if inverted > gap / 2.0 || (inverted > 0.0 && after.over >= before.over) {
        Severity::Error
    } else if inverted > gap * SLIGHT {
        Severity::Warning
    } else {
        return None;
    };
    let rate = evidence.strategy.conn_evict_rate;
    Some(Finding::new(
        severity,
        Code::Overshoot,
        format!(
            "{rate} clients per second from each of {} donors are too many for a difference of \
             {gap:.0}: recipients end {inverted:.0} above the donors; set conn_evict_rate to {} \
             or less",
            split.donors.len(),
            gentle_rate(gap, split)
        ),
    ))
}

/// A rate that needs ten ticks or more to close the gap.
fn gentle_rate(gap: f64, split: &Split<'_>) -> u64 {
    let donors = float(split.donors.len() as u64);
    let recipients = float(split.recipients.len().max(1) as u64);
    let per_tick = gap / (1.0 + donors / recipients);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a gap between averages of counts: positive and below 2^53"
    )]
    let rate = (per_tick / 10.0).floor().max(1.0) as u64;
    rate
}

fn waits(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if evidence.strategy.wait_health_check == 0 {
        findings.push(Finding::new(
            Severity::Warning,
            Code::NoHealthCheckWait,
            "wait_health_check is 0: load balancers go on sending clients to donors that refuse \
             them until their next health check",
        ));
    }
    let version = |load: &&NodeLoad| load.version.as_deref().and_then(EmqxVersion::parse);
    let mut donors = evidence.split.donors.iter().filter_map(version);
    if donors.any(EmqxVersion::closes_while_waiting) && evidence.strategy.wait_health_check > 0 {
        findings.push(Finding::new(
            Severity::Info,
            Code::ClosedWhileWaiting,
            format!(
                "this EMQX closes donors to new clients at the start already: for {} s of waiting \
                 only {} nodes accept connections",
                evidence.strategy.wait_health_check,
                evidence.split.recipients.len()
            ),
        ));
    }
    findings
}

/// A fullest node this far over the mean is worth a warning.
const LAX: f64 = 0.10;
/// Recipients may end this share of the gap above the donors before it is worth a warning.
const SLIGHT: f64 = 0.10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeName;
    use crate::plan::{Mode, Plan, plan};

    fn load(i: usize, connections: u64, status: NodeStatus) -> NodeLoad {
        let node = NodeName::new(format!("emqx@n{i}")).unwrap();
        NodeLoad { status, ..NodeLoad::new(node, connections) }
    }

    fn planned(nodes: &[NodeLoad], options: &PlanOptions) -> Plan {
        let snapshot = Snapshot::new(nodes.to_vec()).unwrap();
        let strategy: Strategy = serde_json::from_str(r#"{"abs_conn_threshold":1}"#).unwrap();
        plan(&snapshot, &strategy, options).unwrap()
    }

    #[test]
    fn a_node_that_is_not_known_stops_a_plan_unless_it_is_left_out() {
        use NodeStatus::{Running, Unknown};
        let nodes = [load(0, 900, Running), load(1, 0, Running), load(2, 7000, Unknown)];
        for mode in [Mode::Single, Mode::Level] {
            let by_default = PlanOptions { mode, ..PlanOptions::default() };
            let named = Some(nodes.iter().map(|load| load.node.clone()).collect());
            let named = PlanOptions { nodes: named, ..by_default.clone() };
            for options in [&by_default, &named] {
                let plan = planned(&nodes, options);
                let error = plan.errors().find(|error| error.code == Code::NodeUnknown).unwrap();
                assert_eq!(error.node.as_ref(), Some(&nodes[2].node));
                assert!(plan.runs.iter().all(|run| !run.nodes.contains(&nodes[2].node)));
                assert!((plan.balance.before.over - 1.0).abs() < 1e-9, "900 and 0, nothing else");
            }
            let excluded = vec![nodes[2].node.clone()];
            let excluded = PlanOptions { exclude: excluded, ..by_default.clone() };
            let others = Some(nodes[..2].iter().map(|load| load.node.clone()).collect());
            let others = PlanOptions { nodes: others, ..by_default };
            for options in [&excluded, &others] {
                let plan = planned(&nodes, options);
                assert_eq!(plan.decision, Decision::Start);
                assert!(plan.findings.iter().all(|finding| finding.code != Code::NodeUnknown));
            }
        }
    }

    #[test]
    fn a_node_that_would_be_too_full_stops_a_plan_before_it_starts() {
        let mut nodes = [load(0, 900, NodeStatus::Running), load(1, 0, NodeStatus::Running)];
        for mode in [Mode::Single, Mode::Level] {
            let options = PlanOptions { mode, ..PlanOptions::default() };
            for (max_fds, is_full) in [(400, true), (600, false)] {
                nodes[1].max_fds = Some(max_fds);
                let plan = planned(&nodes, &options);
                let found = plan.errors().find(|error| error.code == Code::RecipientFull);
                assert_eq!(found.is_some(), is_full, "{mode:?} {max_fds}: {:?}", plan.findings);
                assert!(found.is_none_or(|found| found.message.contains("holds 360")));
            }
        }
    }

    #[test]
    fn beside_a_running_rebalance_no_plan_says_that_all_is_level() {
        use NodeStatus::{Donor, Running};
        let nodes = [
            load(0, 300, Donor),
            load(1, 200, Donor),
            load(2, 100, Donor),
            load(3, 0, Running),
            load(4, 0, Running),
        ];
        for mode in [Mode::Single, Mode::Level] {
            let plan = planned(&nodes, &PlanOptions { mode, ..PlanOptions::default() });
            assert!(plan.errors().any(|error| error.code == Code::RunInProgress));
            let reason = plan.reason.unwrap_or_default();
            assert!(!reason.contains("0.00 %"), "{reason}");
            if mode == Mode::Level {
                assert!(reason.contains("running") && reason.contains("emqx@n0"), "{reason}");
            }
        }
    }

    #[test]
    fn level_replicants_are_level_whatever_the_cores_are() {
        let node = |i, connections, role| NodeLoad {
            role: Some(role),
            ..load(i, connections, NodeStatus::Running)
        };
        let nodes =
            [node(0, 0, Role::Core), node(1, 100, Role::Replicant), node(2, 100, Role::Replicant)];
        for mode in [Mode::Single, Mode::Level] {
            let plan = planned(&nodes, &PlanOptions { mode, ..PlanOptions::default() });
            assert_eq!(plan.decision, Decision::NothingToBalance);
            assert_eq!(plan.errors().next(), None, "{mode:?}");
        }
    }
}
