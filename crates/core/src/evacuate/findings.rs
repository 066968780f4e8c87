//! What to know before a node is evacuated.

use super::emptying::Emptying;
use crate::balancer::LoadBalancer;
use crate::forecast::Forecast;
use crate::plan::findings::{availability, full, not_known};
use crate::plan::{Finding, FindingCode as Code, Severity, versions};
use crate::snapshot::{NodeLoad, Snapshot};
use crate::version::EmqxVersion;

/// Every finding, errors first.
pub(super) fn check(
    snapshot: &Snapshot,
    emptying: &Emptying<'_>,
    forecast: &Forecast,
) -> Vec<Finding> {
    let mut findings = availability(snapshot, &[emptying.load]);
    findings.extend(unknown(snapshot, emptying));
    findings.extend(targets(emptying));
    findings.extend(full(emptying.clients_to.iter().copied(), forecast));
    findings.extend(options(emptying));
    findings.extend(release(snapshot, emptying));
    Finding::errors_first(findings)
}

fn about(emptying: &Emptying<'_>, severity: Severity, code: Code, text: String) -> Finding {
    Finding::new(severity, code, text).about(&emptying.load.node)
}

/// Nodes that are not known: the one to empty, or others that may get its clients.
fn unknown(snapshot: &Snapshot, emptying: &Emptying<'_>) -> Vec<Finding> {
    let finding = |load: &NodeLoad| {
        if load.node == emptying.load.node {
            return not_known(load, Severity::Error, "wait until it does");
        }
        let text = "clients may be sent there all the same, which the forecast leaves out";
        not_known(load, Severity::Warning, text)
    };
    snapshot.unknown().map(finding).collect()
}

fn targets(emptying: &Emptying<'_>) -> Vec<Finding> {
    let node = &emptying.load.node;
    let mut findings = Vec::new();
    if emptying.clients_to.is_empty() {
        let text = format!("no other node accepts clients: those of {node} would be turned away");
        findings.push(about(emptying, Severity::Error, Code::NoOpenNode, text));
    }
    if emptying.sessions_to.is_empty() && !emptying.clients_to.is_empty() {
        let text = format!(
            "no node of migrate_to runs: the sessions of {node} would stay, and EMQX would try for \
             ever"
        );
        findings.push(about(emptying, Severity::Error, Code::NoOpenNode, text));
    }
    findings
}

fn options(emptying: &Emptying<'_>) -> Vec<Finding> {
    let evacuation = emptying.evacuation;
    let is_v4 = emptying.version.is_some_and(|version| version.major() < 5);
    let mut findings = Vec::new();
    let mut note = |severity, code, text: &str| {
        findings.push(about(emptying, severity, code, text.to_owned()));
    };
    if evacuation.redirect_to.is_some() && !is_v4 {
        let text = "EMQX 5 and 6 take redirect_to over HTTP and ignore it: leave it out, or start \
                    with `emqx ctl rebalance start --evacuation --redirect-to`";
        note(Severity::Error, Code::RedirectIgnored, text);
    }
    if evacuation.wait_health_check.is_some() && is_v4 {
        let text = "wait_health_check of an evacuation needs EMQX 5.1: leave it out";
        note(Severity::Error, Code::UnsupportedOption, text);
    }
    if emptying.wait_health_check_s() == 0 && emptying.load.connections > 0 {
        let text = "load balancers get no time to notice: they go on sending clients to the node, \
                    which refuses them, until their next health check";
        note(Severity::Warning, Code::NoHealthCheckWait, text);
    }
    if emptying.options.load_balancer.is_none_or(|kind| kind == LoadBalancer::Auto)
        && emptying.clients_to.len() > 1
    {
        let text = "the load balancer's policy was not given: the forecast spreads the clients \
                    evenly";
        note(Severity::Info, Code::LoadBalancerUnknown, text);
    }
    findings
}

fn release(snapshot: &Snapshot, emptying: &Emptying<'_>) -> Vec<Finding> {
    let node = &emptying.load.node;
    let Some(version) = emptying.version else {
        let text = format!("the version of {node} is not known, so what it can do is not checked");
        return vec![about(emptying, Severity::Info, Code::VersionUnknown, text)];
    };
    let known = snapshot.running().filter_map(|load| EmqxVersion::parse(load.version.as_deref()?));
    let known: Vec<EmqxVersion> = known.collect();
    let mut findings: Vec<Finding> = versions::of_cluster(&known).collect();
    findings.extend(versions::unsupported(emptying.load, version, false));
    findings.push(restart(emptying, version));
    if !version.moves_every_session() {
        let text = format!(
            "EMQX {version} moves no session of a client that connected with a clean start and a \
             session expiry: such sessions without a client are lost"
        );
        findings.push(about(emptying, Severity::Warning, Code::SessionsLost, text));
    }
    if version >= EmqxVersion::COUNTS_DURABLE_SESSIONS {
        let text = format!(
            "EMQX {version} counts the durable sessions of the whole cluster as the node's: with \
             any of them without a client it never says that it is done; the verdict here goes by \
             the node's own counts"
        );
        findings.push(about(emptying, Severity::Info, Code::DurableSessions, text));
    }
    findings
}

fn restart(emptying: &Emptying<'_>, version: EmqxVersion) -> Finding {
    let node = &emptying.load.node;
    if version.major() >= 5 && version < EmqxVersion::BOOTS_EVACUATED {
        let text = format!(
            "EMQX {version} does not boot again if it was stopped while it was evacuated: stop the \
             evacuation of {node} before restarting it"
        );
        return about(emptying, Severity::Warning, Code::StopBeforeRestart, text);
    }
    let text = format!(
        "{node} goes on evacuating after a restart, without the wait and without migrate_to, until \
         the evacuation is stopped"
    );
    about(emptying, Severity::Info, Code::RestartKeepsEvacuating, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evacuate::{EvacuationPlanOptions, plan_evacuation};
    use crate::node::NodeName;
    use crate::snapshot::NodeStatus;

    fn name(text: &str) -> NodeName {
        NodeName::new(text).unwrap()
    }

    fn node(text: &str, version: &str) -> NodeLoad {
        NodeLoad { version: Some(version.to_owned()), ..NodeLoad::new(name(text), 100) }
    }

    fn found(nodes: Vec<NodeLoad>, evacuation: &str) -> Vec<(Severity, Code)> {
        let evacuation = serde_json::from_str(evacuation).unwrap();
        let snapshot = Snapshot::new(nodes).unwrap();
        let options = EvacuationPlanOptions::default();
        let plan = plan_evacuation(&snapshot, &name("a@h"), &evacuation, &options).unwrap();
        plan.findings.iter().map(|finding| (finding.severity, finding.code)).collect()
    }

    #[test]
    fn each_version_has_its_warnings() {
        for (version, evacuation, codes) in [
            ("4.4.20", "{}", vec![Code::NoHealthCheckWait, Code::SessionsLost]),
            ("5.2.0", "{}", vec![Code::StopBeforeRestart, Code::SessionsLost]),
            (
                "5.3.2",
                r#"{"redirect_to":"h:1"}"#,
                vec![Code::RedirectIgnored, Code::StopBeforeRestart],
            ),
            ("5.7.0", "{}", vec![Code::RestartKeepsEvacuating]),
            ("5.8.8", "{}", vec![Code::RestartKeepsEvacuating, Code::DurableSessions]),
            (
                "4.4.24",
                r#"{"wait_health_check":9,"redirect_to":"h:1"}"#,
                vec![Code::UnsupportedOption, Code::NoHealthCheckWait],
            ),
            ("4.4.11", "{}", vec![Code::UnsupportedVersion]),
        ] {
            let found = found(vec![node("a@h", version), node("b@h", version)], evacuation);
            for code in codes {
                assert!(
                    found.iter().any(|(_, c)| *c == code),
                    "{version}: {code:?} not in {found:?}"
                );
            }
            assert!(found.is_sorted_by_key(|(severity, _)| *severity), "{found:?}");
        }
    }

    #[test]
    fn clients_must_have_somewhere_to_go() {
        let other = |status| NodeLoad { status, ..node("b@h", "5.8.8") };
        for (status, code) in [
            (NodeStatus::Stopped, Code::NoOpenNode),
            (NodeStatus::Evacuating, Code::NoOpenNode),
            (NodeStatus::Donor, Code::RunInProgress),
        ] {
            let found = found(vec![node("a@h", "5.8.8"), other(status)], "{}");
            assert!(found.contains(&(Severity::Error, code)), "{status:?}: {found:?}");
        }
        let full = NodeLoad { max_fds: Some(210), ..node("b@h", "5.8.8") };
        let found = found(vec![node("a@h", "5.8.8"), full], "{}");
        assert!(found.contains(&(Severity::Error, Code::RecipientFull)), "{found:?}");
    }

    #[test]
    fn sessions_go_to_other_nodes_that_exist() {
        let plan = |migrate_to: &str| {
            let evacuation = serde_json::from_str(&format!(r#"{{"migrate_to":["{migrate_to}"]}}"#));
            let nodes = vec![node("a@h", "5.8.8"), node("b@h", "5.8.8"), node("c@h", "5.8.8")];
            let snapshot = Snapshot::new(nodes).unwrap();
            let options = EvacuationPlanOptions::default();
            plan_evacuation(&snapshot, &name("a@h"), &evacuation.unwrap(), &options)
        };
        assert_eq!(plan("b@h").unwrap().sessions_to, [name("b@h")]);
        assert_eq!(plan("a@h").unwrap_err().kind(), crate::error::ErrorKind::ConfigInvalid);
        assert_eq!(plan("x@h").unwrap_err().kind(), crate::error::ErrorKind::UnknownNode);
    }

    #[test]
    fn a_node_that_is_not_known_cannot_be_emptied_and_may_get_clients() {
        let unknown = |text: &str| NodeLoad { status: NodeStatus::Unknown, ..node(text, "6.0.3") };
        let itself = found(vec![unknown("a@h"), node("b@h", "6.0.3")], "{}");
        assert!(itself.contains(&(Severity::Error, Code::NodeUnknown)), "{itself:?}");
        let nodes = vec![node("a@h", "6.0.3"), node("b@h", "6.0.3"), unknown("c@h")];
        let another = found(nodes, "{}");
        assert!(another.contains(&(Severity::Warning, Code::NodeUnknown)), "{another:?}");
    }
}
