//! Every node and its load.

use crate::recorded::{
    ALL, CLIENTS, CLUSTER, HUNG, NAME, NODES, WELL, absent, cut_off, forbidden, hanging, loads_of,
    path, well,
};
use crate::script::{answers, says};
use crate::{cluster, cluster_by, is_unknown, load, node_name, snapshot};
use emqx_rebalance_core::{ErrorKind, NodeStatus};
use serde_json::{Value, json};

#[test]
fn where_the_list_does_not_come_quickly_each_node_is_asked_for() {
    let (mut script, cluster) = (hanging(), cluster());
    let seen = snapshot(&mut script, &cluster);
    assert_eq!(WELL.map(|node| load(&seen, node).connections), CLIENTS);
    for node in WELL {
        assert_eq!(load(&seen, node).read_from.as_deref(), Some("http://n1"), "who was asked");
    }
    assert!(is_unknown(&seen, HUNG) && load(&seen, HUNG).read_at_ms.is_none());
    let others: usize = WELL[1..].iter().map(|node| script.asked(*node, NODES)).sum();
    assert_eq!(others, 0, "they would be as silent");
    // Known to be slow, it is not asked for the list at all.
    let asked = script.asked(1, NODES);
    let (seen, took_ms) = script.ask(cluster.snapshot());
    assert!(is_unknown(&seen.unwrap(), HUNG));
    assert_eq!(script.asked(1, NODES), asked);
    assert!(took_ms <= 3_000, "{took_ms} ms: who was silent is not waited for twice");
}

#[test]
fn once_every_node_answers_the_list_is_asked_for_again() {
    let (mut script, cluster) = (hanging(), cluster());
    snapshot(&mut script, &cluster);
    let mut script = well();
    // The read that finds them all is still one by one.
    assert!(!is_unknown(&snapshot(&mut script, &cluster), HUNG));
    assert_eq!(script.asked(1, NODES), 0);
    assert_eq!(load(&snapshot(&mut script, &cluster), HUNG).connections, 40);
    assert_eq!(script.asked(1, NODES), 1);
}

#[test]
fn where_nobody_has_a_name_or_an_answer_the_list_is_waited_for() {
    let (mut script, cluster) = (hanging(), cluster_by(&WELL));
    for node in ALL {
        script.lines(&WELL, &path(node), &None);
    }
    script.lines(&WELL, CLUSTER, &None);
    let (seen, took_ms) = script.ask(cluster.snapshot());
    assert_eq!(WELL.map(|node| load(seen.as_ref().unwrap(), node).connections), CLIENTS);
    assert!(took_ms >= 30_000);
}

#[test]
fn a_node_that_the_list_leaves_out_is_not_known() {
    let (mut script, cluster) = (well(), cluster());
    script.hang(HUNG);
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    let seen = snapshot(&mut script, &cluster);
    assert_eq!(seen.nodes().len(), 5, "the cluster names it");
    assert!(is_unknown(&seen, HUNG) && load(&seen, HUNG).read_at_ms.is_none());
}

#[test]
fn a_node_that_is_not_known_any_more_keeps_its_last_counts_and_their_time() {
    let (mut script, cluster) = (well(), cluster());
    snapshot(&mut script, &cluster);
    script.now_ms += 5_000;
    let read_at_ms = script.now_ms;
    assert_eq!(load(&snapshot(&mut script, &cluster), HUNG).connections, 40);
    script.hang(HUNG);
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &None);
    script.now_ms += 5_000;
    let seen = snapshot(&mut script, &cluster);
    assert!(is_unknown(&seen, HUNG));
    assert_eq!(load(&seen, HUNG).connections, 40);
    assert_eq!(load(&seen, HUNG).read_at_ms, Some(read_at_ms));
    assert!(load(&seen, 1).read_at_ms >= Some(read_at_ms + 5_000));
}

#[test]
fn a_node_that_the_list_calls_unreachable_is_asked_for() {
    let (mut script, cluster) = (well(), cluster());
    let mut list = loads_of(WELL);
    list.push(json!({ "node": node_name(HUNG), "node_status": "unreachable" }));
    script.lines(&WELL, NODES, &says(&Value::from(list)));
    // The one that is asked first does not reach it, the second one does.
    script.line(1, &path(HUNG), answers(0, 500, &json!("")));
    let seen = snapshot(&mut script, &cluster);
    let found = load(&seen, HUNG);
    assert_eq!((found.status, found.connections), (NodeStatus::Running, 40));
    assert_eq!(found.read_from.as_deref(), Some("http://n2"));
}

#[test]
fn a_node_that_no_other_reaches_speaks_for_itself() {
    let (mut script, cluster) = (well(), cluster());
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    let seen = snapshot(&mut script, &cluster);
    let found = load(&seen, HUNG);
    assert_eq!((found.status, found.connections), (NodeStatus::Running, 40));
    assert_eq!(found.read_from.as_deref(), Some("http://n4"));
}

#[test]
fn a_refusal_in_the_middle_is_the_error() {
    for refused in [path(2), CLUSTER.to_owned()] {
        let (mut script, cluster) = (hanging(), cluster());
        script.lines(&WELL, &refused, &forbidden());
        let error = script.ask(cluster.snapshot()).0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{refused}: {error}");
        assert!(error.to_string().contains("permission"), "{error}");
    }
    let (mut script, cluster) = (well(), cluster());
    snapshot(&mut script, &cluster);
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    let bad_key = answers(0, 401, &json!({ "code": "BAD_API_KEY_OR_SECRET", "message": "no" }));
    script.line(HUNG, &path(HUNG), bad_key);
    let error = script.ask(cluster.snapshot()).0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "by the node itself: {error}");
}

#[test]
fn a_node_that_has_left_is_forgotten() {
    let four = json!({ "name": "emqxcl", "self": node_name(1), "nodes": WELL.map(node_name) });
    // By its name, whether anybody knows of it or not.
    for found in [absent(), None] {
        let (mut script, cluster) = (well(), cluster());
        assert_eq!(snapshot(&mut script, &cluster).nodes().len(), 5);
        script.hang(HUNG);
        script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
        script.lines(&WELL, CLUSTER, &says(&four));
        script.lines(&WELL, &path(HUNG), &found);
        assert_eq!(snapshot(&mut script, &cluster).nodes().len(), 4, "{found:?}");
        script.sent.clear();
        assert_eq!(snapshot(&mut script, &cluster).nodes().len(), 4, "{found:?}");
        let asks = |(_, sent): &(usize, String)| *sent == path(HUNG) || sent == CLUSTER;
        assert!(!script.sent.iter().any(asks), "{:?}", script.sent);
    }
    // By what is said of it, where the names cannot be had.
    let (mut script, cluster) = (well(), cluster());
    snapshot(&mut script, &cluster);
    script.hang(HUNG);
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, CLUSTER, &answers(0, 500, &json!("")));
    script.lines(&WELL, &path(HUNG), &absent());
    assert_eq!(snapshot(&mut script, &cluster).nodes().len(), 4);
    script.sent.clear();
    snapshot(&mut script, &cluster);
    assert!(!script.sent.iter().any(|(_, sent)| *sent == path(HUNG)), "{:?}", script.sent);
}

#[test]
fn a_node_that_is_named_and_not_found_is_not_known() {
    // It joins, or is down; which of both nobody says.
    let (mut script, cluster) = (well(), cluster());
    script.hang(HUNG);
    script.lines(&WELL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &absent());
    assert!(is_unknown(&snapshot(&mut script, &cluster), HUNG));
}

#[test]
fn a_node_that_is_not_there_while_another_hangs_is_down() {
    let (mut script, cluster) = (well(), cluster());
    snapshot(&mut script, &cluster);
    let mut script = hanging();
    script.hang(5);
    script.lines(&WELL, &path(5), &absent());
    let seen = snapshot(&mut script, &cluster);
    assert_eq!((load(&seen, 5).status, load(&seen, 5).connections), (NodeStatus::Stopped, 0));
    assert!(is_unknown(&seen, HUNG));
}

#[test]
fn whoever_answers_for_a_node_must_say_its_name() {
    // The only URL that is not another node's leads to a node that says another name.
    let (mut script, cluster) = (well(), cluster_by(&[1, 2, HUNG]));
    script.lines(&ALL, NODES, &says(&Value::from(loads_of(WELL))));
    script.lines(&WELL, &path(HUNG), &answers(0, 500, &json!("")));
    script.line(HUNG, NAME, says(&json!("Node emqx3@127.0.0.1 is started\nemqx is running")));
    assert!(is_unknown(&snapshot(&mut script, &cluster), HUNG));
}

#[test]
fn a_node_that_does_not_reach_the_others_is_not_believed() {
    let stopped = |node: &usize| json!({ "node": node_name(*node), "node_status": "stopped" });
    for others in [vec![], [2, 3, 4, 5].iter().map(stopped).collect()] {
        let (mut script, cluster) = (cut_off(&others), cluster());
        for _ in 0..2 {
            let seen = snapshot(&mut script, &cluster);
            for node in ALL {
                let found = load(&seen, node);
                assert_eq!(found.connections, 10 * u64::try_from(node).unwrap(), "{others:?}");
                let whose = if node == 1 { "http://n1" } else { "http://n2" };
                assert_eq!(found.read_from.as_deref(), Some(whose), "{others:?}");
            }
        }
        assert_eq!(script.asked(1, NODES), 1, "it is asked for the others no more");
    }
}

#[test]
fn of_two_nodes_that_call_each_other_down_neither_is() {
    let (mut script, cluster) = (well(), cluster_by(&[1, 2]));
    for (node, other) in [(1, 2), (2, 1)] {
        let mut list = loads_of([node]);
        list.push(json!({ "node": node_name(other), "node_status": "stopped" }));
        script.line(node, NODES, says(&Value::from(list)));
        script.line(node, &path(other), absent());
        script.line(node, CLUSTER, says(&json!({ "nodes": [node_name(node)] })));
    }
    let seen = snapshot(&mut script, &cluster);
    assert_eq!([1, 2].map(|node| load(&seen, node).connections), [10, 20]);
    assert_eq!([1, 2].map(|node| load(&seen, node).status), [NodeStatus::Running; 2]);
}

#[test]
fn a_node_whose_peers_are_all_down_is_believed() {
    let (mut script, cluster) = (well(), cluster_by(&[1, 2]));
    let mut list = loads_of([1]);
    list.push(json!({ "node": node_name(2), "node_status": "stopped" }));
    script.hang(2);
    script.line(1, NODES, says(&Value::from(list)));
    script.line(1, CLUSTER, says(&json!({ "nodes": [node_name(1)] })));
    assert_eq!(load(&snapshot(&mut script, &cluster), 2).status, NodeStatus::Stopped);
}
