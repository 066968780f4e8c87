//! What the cases of `calls.json` ask.

use serde_json::{Value, json};

/// Name, call and request of a case.
pub(crate) type Case = (&'static str, &'static str, Value);

/// Every case but those of [`reconnects`](crate::reconnects).
pub(crate) fn cases() -> Vec<Case> {
    [plans(), refused_plans(), evacuations(), refused_clusters()].concat()
}

/// Nodes `emqx@n0`, … with so many clients each.
pub(crate) fn snapshot(clients: &[u64]) -> Value {
    let node = |(i, connections): (usize, &u64)| json!({ "node": format!("emqx@n{i}"), "connections": connections });
    json!({ "nodes": clients.iter().enumerate().map(node).collect::<Vec<_>>() })
}

/// The cluster of EMQX's tutorial.
pub(crate) fn article() -> Value {
    snapshot(&[3333, 3334, 3333, 0])
}

fn plans() -> Vec<Case> {
    let quick = json!({ "conn_evict_rate": 50, "wait_health_check": 10, "wait_takeover": 10 });
    let skewed = || snapshot(&[1000, 600, 0, 0, 0]);
    vec![
        (
            "the article's cluster",
            "plan",
            json!({ "snapshot": article(), "strategy": {
            "conn_evict_rate": 10, "sess_evict_rate": 10, "wait_takeover": 10,
            "wait_health_check": 10, "abs_conn_threshold": 100, "abs_sess_threshold": 100,
            "rel_conn_threshold": 1.1, "rel_sess_threshold": 1.1 } }),
        ),
        (
            "options beside the strategy, durations and numbers as text",
            "plan",
            json!({
            "snapshot": article(), "conn_evict_rate": "10", "wait_takeover": "1m30s",
            "wait_health_check": "10s", "rel_conn_threshold": "1.05", "coordinator": "emqx@n3" }),
        ),
        (
            "null counts as left out",
            "plan",
            json!({
            "snapshot": article(), "mode": null, "nodes": null, "conn_evict_rate": null }),
        ),
        ("no node is left out", "plan", json!({ "snapshot": article(), "exclude": [] })),
        ("nothing to balance", "plan", json!({ "snapshot": snapshot(&[100, 101, 99]) })),
        ("one node alone", "plan", json!({ "snapshot": snapshot(&[100]) })),
        (
            "level, even spreading",
            "plan",
            json!({
            "snapshot": skewed(), "mode": "level", "load_balancer": "round_robin", "strategy": quick }),
        ),
        (
            "level, to the emptiest",
            "plan",
            json!({
            "snapshot": skewed(), "mode": "level", "load_balancer": "least_connections",
            "strategy": quick }),
        ),
        (
            "level, balancer not known",
            "plan",
            json!({
            "snapshot": skewed(), "mode": "level", "strategy": quick }),
        ),
        (
            "level, one node closed at a time, few reconnects a second",
            "plan",
            json!({
            "snapshot": skewed(), "mode": "level", "load_balancer": "random", "max_unavailable": 1,
            "max_cluster_reconnect_rate": 20, "conn_evict_rate": 20 }),
        ),
        (
            "level, with weights",
            "plan",
            json!({
            "snapshot": { "nodes": [
                { "node": "emqx@a", "connections": 900, "weight": 2 },
                { "node": "emqx@b", "connections": 900 },
                { "node": "emqx@c", "connections": 0, "weight": 1.5 } ] },
            "mode": "level", "load_balancer": "round_robin", "conn_evict_rate": 25 }),
        ),
        (
            "level, only worse with every run",
            "plan",
            json!({
            "snapshot": { "nodes": [
                { "node": "emqx@a", "connections": 1000, "weight": 0.5 },
                { "node": "emqx@b", "connections": 500, "weight": 0.25 },
                { "node": "emqx@c", "connections": 500, "weight": 0.5 } ] },
            "mode": "level", "load_balancer": "round_robin", "conn_evict_rate": 30 }),
        ),
        (
            "level, worse before it is better",
            "plan",
            json!({
            "snapshot": snapshot(&[1000, 500, 1, 995, 64]), "mode": "level",
            "load_balancer": "round_robin", "max_unavailable": 1, "conn_evict_rate": 1000 }),
        ),
        (
            "level, already level",
            "plan",
            json!({
            "snapshot": snapshot(&[500, 500, 500]), "mode": "level" }),
        ),
        (
            "roles, versions, a node that is down and one that is emptied",
            "plan",
            json!({
            "snapshot": { "version": 1, "nodes": [
                { "node": "core@a", "connections": 10, "role": "core", "version": "5.8.8" },
                { "node": "rep@b", "connections": 4000, "role": "replicant", "version": "5.8.8",
                  "max_fds": 5000 },
                { "node": "rep@c", "connections": 100, "sessions": 300, "role": "replicant",
                  "version": "5.3.2" },
                { "node": "rep@d", "connections": 0, "role": "replicant", "status": "stopped" },
                { "node": "rep@e", "connections": 50, "disconnected_sessions": 20,
                  "role": "replicant", "status": "evacuating" } ] },
            "conn_evict_rate": 100, "abs_conn_threshold": 100 }),
        ),
        (
            "the largest counts",
            "plan",
            json!({
            "snapshot": snapshot(&[9_007_199_254_740_991, 0]), "conn_evict_rate": 4_294_967_295_u32,
            "abs_conn_threshold": 4_294_967_295_u32 }),
        ),
    ]
}

fn refused_plans() -> Vec<Case> {
    vec![
        ("a rate of 0", "plan", json!({ "snapshot": article(), "conn_evict_rate": 0 })),
        (
            "every problem at once",
            "plan",
            json!({
            "snapshot": { "nodes": [{ "node": "a@h" }, { "node": "a@h", "weight": -1 }] },
            "mode": "levle", "conn_evict_rate": 1.5, "rel_conn_threshold": 1, "wait_takeover": "soon",
            "nodes": [], "conn_evict_rat": 10 }),
        ),
        ("no snapshot", "plan", json!({ "mode": "level" })),
        ("a snapshot without nodes", "plan", json!({ "snapshot": { "nodes": [] } })),
        ("a count beyond 2^53", "plan", json!({ "snapshot": snapshot(&[9_007_199_254_740_992]) })),
        (
            "counts beyond 2^53 in all",
            "plan",
            json!({ "snapshot": snapshot(&[9_007_199_254_740_991, 1]) }),
        ),
        (
            "every problem of the nodes at once",
            "plan",
            json!({
            "snapshot": { "version": 2, "nodes": [
                { "node": "emqx@a", "connections": -1, "status": "tired", "role": 1 },
                { "connections": 1.5, "sessions": "many" },
                { "node": "emqx@a", "weight": 0, "max_fds": true, "load": 1 },
                7 ] },
            "conn_evict_rate": 0 }),
        ),
        ("nodes that are no list", "plan", json!({ "snapshot": { "nodes": 7 } })),
        (
            "a snapshot and a strategy that are none",
            "plan",
            json!({
            "snapshot": 5, "strategy": "fast", "mode": "levle" }),
        ),
        (
            "a node that is not there",
            "plan",
            json!({
            "snapshot": article(), "nodes": ["emqx@n0", "emqx@nowhere"] }),
        ),
        (
            "one of a list of nodes is none",
            "plan",
            json!({
            "snapshot": article(), "exclude": ["emqx@n0", 5] }),
        ),
        ("a node twice", "plan", json!({ "snapshot": article(), "nodes": ["emqx@n0", "emqx@n0"] })),
        (
            "no node left",
            "plan",
            json!({
            "snapshot": snapshot(&[1, 2]), "exclude": ["emqx@n0", "emqx@n1"] }),
        ),
        (
            "an option in the strategy and beside it",
            "plan",
            json!({
            "snapshot": article(), "strategy": { "conn_evict_rate": 5 }, "conn_evict_rate": 6 }),
        ),
        (
            "no cap on reconnects below 1",
            "plan",
            json!({
            "snapshot": article(), "mode": "level", "max_reconnect_rate": 0.5 }),
        ),
        (
            "no share over 1",
            "plan",
            json!({
            "snapshot": article(), "mode": "level", "target_over": 1.5 }),
        ),
    ]
}

fn evacuations() -> Vec<Case> {
    vec![
        (
            "a node is emptied",
            "plan_evacuation",
            json!({
            "snapshot": article(), "node": "emqx@n1", "conn_evict_rate": 100,
            "wait_health_check": 10, "wait_takeover": 20, "load_balancer": "random" }),
        ),
        (
            "sessions go to one node",
            "plan_evacuation",
            json!({
            "snapshot": { "nodes": [
                { "node": "emqx@a", "connections": 200, "disconnected_sessions": 50 },
                { "node": "emqx@b", "connections": 10 }, { "node": "emqx@c", "connections": 10 } ] },
            "node": "emqx@a", "migrate_to": ["emqx@c"], "sess_evict_rate": 5 }),
        ),
        (
            "a node that is not there",
            "plan_evacuation",
            json!({
            "snapshot": article(), "node": "emqx@nowhere" }),
        ),
        ("no node", "plan_evacuation", json!({ "snapshot": article() })),
        (
            "a snapshot of an evacuation that is none",
            "plan_evacuation",
            json!({
            "snapshot": "all", "node": "emqx@n0" }),
        ),
        (
            "every problem of an evacuation at once",
            "plan_evacuation",
            json!({
            "snapshot": article(), "node": 7, "conn_evict_rate": 0, "migrate_to": [],
            "load_balancer": "magic", "foo": 1 }),
        ),
    ]
}

/// Clusters in the words that every language has, which are refused before anything is asked.
fn refused_clusters() -> Vec<Case> {
    vec![
        ("a URL that is none", "cluster", json!({ "url": "ftp://emqx" })),
        ("one of a text of URLs is none", "cluster", json!({ "url": "http://emqx, //b" })),
        ("one of a list of URLs is none", "cluster", json!({ "url": ["http://emqx", 5] })),
        ("a port that is none", "cluster", json!({ "urls": ["http://emqx:99999"] })),
        ("a URL that holds a password", "cluster", json!({ "url": "http://u:s3cret@emqx" })),
        ("URLs that are no list", "cluster", json!({ "urls": { "a": 1 } })),
        ("no URL", "cluster", json!({ "urls": [] })),
    ]
}
