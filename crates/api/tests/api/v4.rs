//! Answers of EMQX 4.4 as its documentation and its API's source show them; there are no recordings.

use emqx_rebalance_api::ApiVersion::V4;
use emqx_rebalance_core::{
    Availability, EvacuationState, GlobalStatus, LocalStatus, NodeLoad, NodeStatus, RunPhase,
    StartAnswer, StopAnswer,
};
use http::Response;
use serde_json::{Value, json};

fn ok(body: &Value) -> Response<Vec<u8>> {
    Response::new(body.to_string().into_bytes())
}

fn global(body: &Value) -> GlobalStatus {
    V4.parse_global_status(&ok(body)).unwrap()
}

#[test]
fn a_command_that_worked_has_code_0() {
    let done = ok(&json!({"data": [], "code": 0}));
    assert_eq!(V4.parse_start(&done).unwrap(), StartAnswer::Started);
    assert_eq!(V4.parse_start_evacuation(&done).unwrap(), StartAnswer::Started);
    assert_eq!(V4.parse_stop(&done).unwrap(), StopAnswer::Stopped);
    let text = ok(&json!({"data": [], "code": "0"}));
    assert_eq!(V4.parse_start(&text).unwrap(), StartAnswer::Started);
    assert!(V4.parse_start(&ok(&json!({}))).is_err(), "v5's way of saying yes");
}

#[test]
fn nodes_come_in_an_envelope_with_capital_statuses() {
    let body = json!({"code": 0, "data": [
        {"node": "emqx1@127.0.0.1", "node_status": "Running", "version": "4.4.12",
         "connections": 12, "live_connections": 10, "max_fds": 1024, "load1": "1.5"},
        {"node": "emqx2@127.0.0.1", "node_status": "Stopped"},
        {"node": "emqx3@127.0.0.1", "node_status": "Running", "connections": 3},
        {"node": "emqx1@127.0.0.1", "node_status": "Running", "live_connections": 1},
    ]});
    let list = V4.parse_nodes(&ok(&body)).unwrap();
    assert_eq!(list.nodes.len(), 3);
    assert_eq!((list.nodes[0].connections, list.nodes[0].sessions), (10, 12));
    assert_eq!(list.nodes[1].status, NodeStatus::Stopped);
    let unreadable: Vec<_> = list.unreadable.iter().map(|u| u.element.as_str()).collect();
    assert_eq!(unreadable, ["nodes[3]"]);
    assert_eq!(list.nodes[2].status, NodeStatus::Unknown, "3 channels say nothing of clients");
    let members = V4.parse_cluster(&ok(&body)).unwrap();
    assert_eq!(members.len(), 2);
    let one = json!({"code": 0, "data": body["data"][0]});
    assert_eq!(V4.parse_node(&ok(&one)).unwrap(), list.nodes[0]);
}

/// EMQX 4.4.12 to 4.4.18 say only how many channels there are.
#[test]
fn channels_stand_for_clients_before_4_4_19_and_never_after() {
    let node = |version: &str| {
        let data = json!([{"node": "emqx1@127.0.0.1", "node_status": "Running", "connections": 12,
            "version": version}]);
        V4.parse_nodes(&ok(&json!({"code": 0, "data": data}))).unwrap()
    };
    for old in ["4.4.12", "4.4.18"] {
        let list = node(old);
        let counts =
            |load: &NodeLoad| (load.connections, load.sessions, load.disconnected_sessions);
        assert_eq!(list.nodes.iter().map(counts).collect::<Vec<_>>(), [(12, 12, 0)], "{old}");
    }
    for new in ["4.4.19", "4.4.24"] {
        let list = node(new);
        let is_empty = |load: &NodeLoad| load.status == NodeStatus::Running;
        assert!(!list.nodes.iter().any(is_empty), "{new}: {list:?}");
    }
}

/// EMQX 4.4.27 and later.
#[test]
fn a_node_that_waits_to_join_is_not_known() {
    let body = json!({"code": 0, "data": [
        {"node": "emqx1@127.0.0.1", "node_status": "Running", "live_connections": 10},
        {"node": "emqx2@127.0.0.1", "node_status": "Waiting to join"},
    ]});
    let list = V4.parse_nodes(&ok(&body)).unwrap();
    assert_eq!(list.unreadable, []);
    assert_eq!(list.nodes[1].status, NodeStatus::Unknown);
}

/// Release 4.4's documentation shows lists, the source of August 2022 makes maps by node.
#[test]
fn a_list_and_a_map_say_the_same() {
    let evacuation = json!({
        "node": "emqx1@127.0.0.1",
        "stats": {"initial_sessions": 5, "initial_connected": 4, "current_sessions": 3,
                  "current_connected": 2},
        "state": "waiting_takeover",
        "session_recipients": ["emqx3@127.0.0.1", "emqx2@127.0.0.1"],
        "session_goal": 0, "session_eviction_rate": 5,
        "connection_goal": 0, "connection_eviction_rate": 5
    });
    let run = json!({
        "state": "evicting_conns", "coordinator_node": "emqx2@127.0.0.1",
        "donors": ["emqx2@127.0.0.1"], "recipients": ["emqx3@127.0.0.1"],
        "connection_eviction_rate": 10, "session_eviction_rate": 10,
        "connection_goal": 504, "donor_conn_avg": 960.5
    });
    let mut bare = evacuation.clone();
    bare.as_object_mut().unwrap().remove("node");
    let mut nameless = run.clone();
    nameless.as_object_mut().unwrap().remove("coordinator_node");
    let list = global(&json!({"rebalances": [run], "evacuations": [evacuation]}));
    let map = global(&json!({
        "rebalances": {"emqx2@127.0.0.1": nameless},
        "evacuations": {"emqx1@127.0.0.1": bare},
    }));
    assert_eq!(list, map);
    assert_eq!(list.unreadable, []);
    assert_eq!(list.rebalances[0].state.phase(), Some(RunPhase::EvictingConns));
    assert_eq!(list.rebalances[0].connection_goal, Some(504.0));
    assert_eq!(list.evacuations[0].state, EvacuationState::WaitingTakeover);
    assert_eq!(list.evacuations[0].counts.current_connected, Some(2));
    assert!(global(&json!({"rebalances": {}, "evacuations": []})).is_empty());
    let wrapped = json!({"code": 0, "data": {"rebalances": [], "evacuations": []}});
    assert!(global(&wrapped).is_empty());
}

#[test]
fn one_bad_entry_does_not_hide_the_others() {
    let status = global(&json!({
        "rebalances": [5, {"state": "evicting_conns"}, {"node": "a@b", "state": "new_word"}],
        "evacuations": {"not a node": {"state": "prohibiting"}}
    }));
    assert_eq!(status.rebalances.len(), 1);
    assert_eq!(status.rebalances[0].state.as_str(), "new_word");
    let unreadable: Vec<_> = status.unreadable.iter().map(|u| u.element.as_str()).collect();
    assert_eq!(unreadable, ["rebalances[0]", "rebalances[1]", "evacuations[0]"]);
    assert!(!status.is_empty());
}

#[test]
fn a_node_s_own_status_is_not_wrapped() {
    let status = |body: &Value| V4.parse_status(&ok(body)).unwrap();
    assert_eq!(status(&json!({"status": "disabled"})), LocalStatus::Disabled);
    let evacuation = status(&json!({
        "status": "enabled", "process": "evacuation", "state": "prohibiting",
        "stats": {"initial_sessions": 0, "initial_connected": 0, "current_sessions": 0,
                  "current_connected": 0},
        "session_recipients": [], "session_goal": 0, "session_eviction_rate": 5,
        "connection_goal": 0, "connection_eviction_rate": 5
    }));
    assert!(matches!(evacuation, LocalStatus::Evacuation(e) if e.node.is_none()));
    let purge = status(&json!({"status": "enabled", "process": "purge"}));
    assert_eq!(purge, LocalStatus::Other { word: "purge".into() });
}

#[test]
fn a_closed_node_says_503_and_nothing_else() {
    let check = |status: u16, body: &str| {
        let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        V4.parse_availability_check(&response)
    };
    assert_eq!(check(200, "{}").unwrap(), Availability::Serving);
    assert_eq!(check(503, "{}").unwrap(), Availability::Closed);
    assert_eq!(check(503, "").unwrap(), Availability::Closed);
    assert!(check(503, "<html>").is_err());
    assert!(check(200, "<html>").is_err());
}
