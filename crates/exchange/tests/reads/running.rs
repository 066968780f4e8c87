//! What runs in the cluster.

use crate::recorded::{
    GLOBAL, HUNG, NODES, STATUS, WELL, cut_off, forbidden, hanging, hung, loads_of, name, path,
    well,
};
use crate::script::{answers, says};
use crate::{cluster, cluster_by, load, node_name, snapshot};
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{ErrorKind, EvacuationStatus, NodeStatus};
use emqx_rebalance_exchange::sansio::{Cluster, Talk};
use serde_json::{Value, json};

fn what_runs(cluster: &Cluster) -> Talk<Status> {
    cluster.talk(|cluster| async move { cluster.status().await })
}

fn emptied(cluster: &Cluster) -> Talk<Vec<EvacuationStatus>> {
    cluster.talk(|cluster| async move { cluster.evacuations().await })
}

#[test]
fn what_does_not_come_quickly_is_gathered_from_each_nodes_own_word() {
    let (mut script, cluster) = (hanging(), cluster());
    let (status, took_ms) = script.ask(what_runs(&cluster));
    let status = status.unwrap();
    let [run] = status.runs.as_slice() else { panic!("{:?}", status.runs) };
    assert_eq!(run.coordinator, node_name(5), "the donors name it, it says nothing of it");
    assert_eq!(run.donors, [node_name(1), node_name(2)]);
    assert_eq!(run.recipients, [5, 4, 3].map(node_name));
    assert_eq!(status.progress.moved, 24, "of 120 and 80 clients 108 and 68 are left");
    assert!(took_ms < 45_000, "{took_ms} ms");
    // Known to be slow, nobody is asked for the whole at all.
    let asked = script.asked(1, GLOBAL);
    let (status, took_ms) = script.ask(what_runs(&cluster));
    assert_eq!(status.unwrap().runs.len(), 1);
    assert_eq!(script.asked(1, GLOBAL), asked);
    assert!(took_ms < 15_000, "{took_ms} ms");
}

#[test]
fn a_coordinator_that_hangs_is_named_by_its_donors() {
    let (mut script, cluster) = (hanging(), cluster());
    script.hang(5);
    let status = script.ask(what_runs(&cluster)).0.unwrap();
    assert_eq!(status.runs.len(), 1);
    assert_eq!(status.runs[0].coordinator, node_name(5));
}

#[test]
fn what_no_node_says_of_itself_is_waited_for() {
    let (mut script, cluster) = (hanging(), cluster());
    script.lines(&WELL, STATUS, &None);
    let (status, took_ms) = script.ask(what_runs(&cluster));
    assert_eq!(status.unwrap().runs.len(), 1);
    assert!(took_ms >= 45_000, "{took_ms} ms");
}

#[test]
fn a_refusal_in_the_middle_is_the_error() {
    let (mut script, cluster) = (hanging(), cluster());
    snapshot(&mut script, &cluster);
    script.line(2, STATUS, forbidden());
    let error = script.ask(emptied(&cluster)).0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert_eq!(error.context()["node"], name(2));
}

#[test]
fn what_runs_is_not_hidden_by_a_node_that_does_not_reach_the_others() {
    let cluster = cluster();
    snapshot(&mut well(), &cluster);
    let mut script = cut_off(&[]);
    script.lines(&[2, 3, 4, 5], GLOBAL, &says(&hung(GLOBAL)));
    script.line(1, STATUS, says(&evacuating()));
    assert_eq!(script.ask(what_runs(&cluster)).0.unwrap().runs.len(), 1);
    script.sent.clear();
    assert_eq!(script.ask(what_runs(&cluster)).0.unwrap().runs.len(), 1);
    assert_eq!(script.asked(1, GLOBAL), 0, "{:?}", script.sent);
    let evacuations = script.ask(emptied(&cluster)).0.unwrap();
    assert_eq!(evacuations[0].node, Some(node_name(1)), "it speaks for itself");
}

#[test]
fn a_node_that_answers_second_is_none_of_the_others() {
    let (mut script, cluster) = (well(), cluster_by(&[1, HUNG]));
    script.line(1, NODES, says(&Value::from(loads_of(WELL))));
    script.line(1, &path(HUNG), answers(0, 500, &json!("")));
    script.line(HUNG, STATUS, says(&evacuating()));
    assert_eq!(load(&snapshot(&mut script, &cluster), HUNG).connections, 40);
    let evacuations = script.ask(emptied(&cluster)).0.unwrap();
    assert_eq!(
        evacuations.len(),
        1,
        "what the first one does not hear is asked of the node itself"
    );
}

#[test]
fn a_node_that_no_other_reaches_says_itself_what_it_does() {
    let (mut script, cluster) = (well(), cluster());
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    script.line(HUNG, STATUS, says(&evacuating()));
    // Which nodes others do not reach is known by the first read; what runs is asked at the same time.
    snapshot(&mut script, &cluster);
    let seen = snapshot(&mut script, &cluster);
    assert_eq!(load(&seen, HUNG).status, NodeStatus::Evacuating);
    let evacuations = script.ask(emptied(&cluster)).0.unwrap();
    assert_eq!(evacuations.len(), 1);
    assert_eq!(evacuations[0].node, Some(node_name(HUNG)));
}

#[test]
fn a_node_that_the_others_reach_again_is_not_asked_any_more() {
    let (mut script, cluster) = (well(), cluster());
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    snapshot(&mut script, &cluster);
    let mut script = well();
    snapshot(&mut script, &cluster);
    script.sent.clear();
    script.ask(emptied(&cluster)).0.unwrap();
    assert_eq!(script.asked(HUNG, STATUS), 0, "{:?}", script.sent);
}

/// What a node says of itself that is being emptied.
fn evacuating() -> Value {
    json!({
        "process": "evacuation",
        "status": "enabled",
        "state": "evicting_conns",
        "connection_eviction_rate": 500,
        "session_eviction_rate": 500,
        "connection_goal": 0,
        "session_goal": 0,
        "session_recipients": [],
        "stats": { "current_connected": 40, "initial_connected": 40 }
    })
}
