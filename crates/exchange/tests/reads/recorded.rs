//! What a real cluster of EMQX 6.0.3 answered, well and while one of its nodes hung.
//! Source: contract/6.0.3, 01_02_version_and_idle, 05_scopes_and_roles, 06_hang_recipient.

use crate::script::{Reply, Script, answers, says};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(crate) const ALL: [usize; 5] = [1, 2, 3, 4, 5];
/// The node that hung.
pub(crate) const HUNG: usize = 4;
/// The others.
pub(crate) const WELL: [usize; 4] = [1, 2, 3, 5];
/// The clients on nodes 1, 2, 3 and 5 while node 4 hung.
pub(crate) const CLIENTS: [u64; 4] = [108, 68, 6, 6];

pub(crate) const NODES: &str = "nodes";
pub(crate) const CLUSTER: &str = "cluster";
pub(crate) const GLOBAL: &str = "load_rebalance/global_status";
pub(crate) const STATUS: &str = "load_rebalance/status";
pub(crate) const NAME: &str = "status";

pub(crate) fn name(node: usize) -> String {
    format!("emqx{node}@127.0.0.1")
}

/// The path of one node's own load.
pub(crate) fn path(node: usize) -> String {
    format!("nodes/{}", name(node))
}

/// Every node is well, and none runs anything.
pub(crate) fn well() -> Script {
    let mut script = Script::new();
    let loads = loads_of(ALL);
    script.lines(&ALL, NODES, &says(&Value::from(loads.clone())));
    script.lines(&ALL, CLUSTER, &idle(CLUSTER));
    script.lines(&ALL, GLOBAL, &idle(GLOBAL));
    script.lines(&ALL, STATUS, &idle(STATUS));
    for (node, load) in ALL.into_iter().zip(&loads) {
        let health = format!("Node {} is started\nemqx is running", name(node));
        script.line(node, NAME, says(&json!(health)));
        script.lines(&ALL, &path(node), &says(load));
    }
    script
}

/// Two donors give clients away, and the fourth node, a recipient, hangs.
pub(crate) fn hanging() -> Script {
    let mut script = well();
    script.hang(HUNG);
    let list = hung(NODES);
    script.lines(&WELL, NODES, &answers(30_000, 200, &list));
    script.lines(&WELL, GLOBAL, &answers(45_000, 200, &hung(GLOBAL)));
    for load in list.as_array().unwrap() {
        let path = format!("nodes/{}", load["node"].as_str().unwrap());
        script.lines(&WELL, &path, &says(load));
    }
    script.lines(&WELL, &path(HUNG), &answers(30_000, 500, &json!("")));
    for node in WELL {
        script.line(node, STATUS, says(&own_status(node)));
    }
    script
}

/// The first node does not reach the others, of which it says `others`, nor do they reach it.
pub(crate) fn cut_off(others: &[Value]) -> Script {
    let mut script = well();
    let broken = answers(0, 500, &json!(""));
    let mut list = loads_of([1]);
    list.extend_from_slice(others);
    script.line(1, NODES, says(&Value::from(list)));
    for node in [2, 3, 4, 5] {
        script.line(node, NODES, says(&Value::from(loads_of([2, 3, 4, 5]))));
        script.line(node, &path(1), broken.clone());
        script.line(1, &path(node), broken.clone());
    }
    script
}

/// What a key is told that may not ask.
pub(crate) fn forbidden() -> Reply {
    let refused = |entry: &&Value| entry["response"]["status"] == 403;
    let recording = read("05_scopes_and_roles.json");
    let entry = recording.iter().find(refused).unwrap();
    answers(0, 403, &entry["response"]["body"])
}

/// What is answered for a node that is not there.
pub(crate) fn absent() -> Reply {
    answers(0, 404, &body(&read("01_02_version_and_idle.json"), "nodes/nosuch@127.0.0.1"))
}

/// The recorded loads of an idle cluster, of `nodes` alone, with 10 clients on the first, 20 on the
/// second and so on.
pub(crate) fn loads_of<const N: usize>(nodes: [usize; N]) -> Vec<Value> {
    let list = body(&read("01_02_version_and_idle.json"), NODES);
    let load = |node: usize| {
        let mut load = list[node - 1].clone();
        load["connections"] = json!(10 * node);
        load["live_connections"] = json!(10 * node);
        load
    };
    nodes.into_iter().map(load).collect()
}

fn idle(path: &str) -> Reply {
    says(&body(&read("01_02_version_and_idle.json"), path))
}

/// What was answered while a node hung.
pub(crate) fn hung(path: &str) -> Value {
    body(&read("06_hang_recipient_requests.json"), path)
}

/// What a node said of itself in the first poll that had no list of nodes any more.
fn own_status(node: usize) -> Value {
    let polls = read("06_hang_recipient_timeline.json");
    let blind = |poll: &&Value| poll["mark"].is_null() && poll["nodes_ms"].is_null();
    polls.iter().find(blind).unwrap()[name(node)]["status"]["body"].clone()
}

fn body(recording: &[Value], path: &str) -> Value {
    let path = format!("/api/v5/{path}");
    let entry = recording.iter().find(|entry| entry["request"]["path"] == path.as_str());
    entry.unwrap()["response"]["body"].clone()
}

fn read(file: &str) -> Vec<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/contract/6.0.3");
    serde_json::from_slice(&std::fs::read(root.join(file)).unwrap()).unwrap()
}
