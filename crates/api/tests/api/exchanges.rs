//! The single requests and their answers: what was refused, and how.

use crate::recording::{Recording, recordings, response};
use emqx_rebalance_api::ApiVersion::V5;
use emqx_rebalance_core::{
    Availability, Error, ErrorKind, LocalStatus, NodeStatus, Refusal, Result, Role, StartAnswer,
    StopAnswer,
};
use http::Response;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an answer must be read as: a refusal's word, an error's kind, or `ok`.
const OK: &str = "ok";

/// Recorded answers other than 200: HTTP status, what the body must contain, what it is read as.
/// Every recorded answer must have its row and every row its answer.
const REFUSED: [(u16, &str, &str); 25] = [
    (400, "': nothing_to_balance", "nothing_to_balance"),
    (400, "': already_started", "already_started"),
    (400, "': not_started", "not_started"),
    (400, "': eviction_agent_busy", "eviction_agent_busy"),
    (400, "\"NOT_FOUND\",\"message\":\"Nodes unavailable: [", "nodes_unavailable"),
    (400, "\"BAD_REQUEST\",\"message\":\"Invalid nodes: [<<", "invalid_nodes"),
    (400, "\\\"kind\\\":\\\"validation_error\\\"", "bad_option"),
    (400, "timeout value too large (max: 4294967 s)", "bad_option"),
    (400, "Invalid json message received", "bad_option"),
    (404, "\"NOT_FOUND\",\"message\":\"Node not found: ", "node_not_found"),
    (500, "{error,already_enabled}", "eviction_agent_busy"),
    (500, "{error,eviction_agent_busy}", "eviction_agent_busy"),
    (500, "{error,invalid_coordinator}", "eviction_agent_busy"),
    (500, "required_field", "failed"),
    (400, "", "unauthorized"),
    (401, "BAD_API_KEY_OR_SECRET", "unauthorized"),
    (401, "AUTHORIZATION_HEADER_ERROR", "unauthorized"),
    (401, "BAD_TOKEN", "unauthorized"),
    (401, "BAD_USERNAME_OR_PWD", "unauthorized"),
    (401, "TOKEN_TIME_OUT", "unauthorized"),
    (404, "<html>", "unsupported"),
    (403, "UNAUTHORIZED_ROLE", "forbidden"),
    (405, "", "unsupported"),
    (415, "UNSUPPORTED_MEDIA_TYPE", "protocol"),
    (503, "NODE_EVACUATING", "closed"),
];

fn single_requests() -> Vec<Recording> {
    recordings(|name| {
        ["_requests", "01_02_", "04", "05_scopes", "12_node_down"]
            .iter()
            .any(|part| name.contains(part))
    })
}

#[test]
fn every_recorded_answer_is_read() {
    let mut used = vec![0; REFUSED.len()];
    let mut read: BTreeMap<String, usize> = BTreeMap::new();
    for recording in single_requests() {
        for row in &recording.rows {
            let (request, answer) = (&row["request"], &row["response"]);
            let Some(response) = response(&answer["status"], &answer["body"]) else { continue };
            let path = request["path"].as_str().unwrap();
            let place = format!("{} {path} {}", recording.name, answer["body"]);
            let Some(outcome) = outcome(request["method"].as_str().unwrap(), path, &response)
            else {
                *read.entry("of no interest".into()).or_default() += 1;
                continue;
            };
            let expected = match response.status().as_u16() {
                200 => OK,
                status => row_of(status, &answer["body"], &mut used, &place),
            };
            assert_eq!(outcome, expected, "{place}");
            *read.entry(outcome).or_default() += 1;
        }
    }
    println!("{read:?}");
    assert!(read[OK] > 60 && read["bad_option"] > 60, "{read:?}");
    for ((status, text, _), times) in REFUSED.iter().zip(used) {
        assert!(times > 0, "no recording answers {status} {text}");
    }
}

fn row_of(status: u16, body: &Value, used: &mut [usize], place: &str) -> &'static str {
    let text = match body {
        Value::String(text) => text.clone(),
        // Both versions' order of keys in one form.
        json => serde_json::to_string(json).unwrap(),
    };
    let fits = |row: &(u16, &str, &str)| {
        row.0 == status && if row.1.is_empty() { text.is_empty() } else { text.contains(row.1) }
    };
    let i = REFUSED.iter().position(fits).unwrap_or_else(|| panic!("no row for {status} {place}"));
    used[i] += 1;
    REFUSED[i].2
}

/// Reads the answer of a path that this crate asks, into one word.
fn outcome(method: &str, path: &str, response: &Response<Vec<u8>>) -> Option<String> {
    let rebalance = path.strip_prefix("/api/v5/load_rebalance/");
    let word = match (method, path, rebalance) {
        ("GET", "/api/v5/nodes", _) => word(V5.parse_nodes(response).map(|list| {
            assert!(list.unreadable.is_empty() && list.nodes.len() > 1, "{list:?}");
        })),
        ("GET", "/api/v5/cluster", _) => word(V5.parse_cluster(response).map(|nodes| {
            assert!(nodes.len() > 1);
        })),
        ("GET", "/api/v5/status" | "/status", _) => {
            word(V5.parse_node_status(response).map(|health| assert!(health.running)))
        }
        ("POST", "/api/v5/login", _) => word(V5.parse_login(response).map(|login| {
            assert_eq!(login.token.expose(), "<token>");
            assert!(login.version.is_some());
        })),
        ("GET", _, Some("status")) => word(V5.parse_status(response)),
        ("GET", _, Some("global_status")) => word(V5.parse_global_status(response).map(|status| {
            assert!(status.unreadable.is_empty(), "{status:?}");
        })),
        ("GET", _, Some("availability_check")) => match V5.parse_availability_check(response) {
            Ok(Availability::Closed) => "closed".into(),
            other => word(other),
        },
        ("POST", _, Some(rest)) if rest.ends_with("evacuation/start") => {
            start_word(V5.parse_start_evacuation(response))
        }
        ("POST", _, Some(rest)) if rest.ends_with("evacuation/stop") => {
            stop_word(V5.parse_stop_evacuation(response))
        }
        ("POST", _, Some(rest)) if rest.ends_with("/start") => start_word(V5.parse_start(response)),
        ("POST", _, Some(rest)) if rest.ends_with("/stop") => stop_word(V5.parse_stop(response)),
        // Wrong methods and unknown routes, asked in order to be refused.
        (_, _, Some(_)) => word(V5.parse_status(response)),
        ("GET", path, _)
            if path.starts_with("/api/v5/nodes/") && path.matches('/').count() == 4 =>
        {
            match V5.parse_node(response) {
                Err(error) if error.kind() == ErrorKind::UnknownNode => "node_not_found".into(),
                other => word(other),
            }
        }
        _ => return None,
    };
    Some(word)
}

fn word<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.kind().as_str().to_owned(), |_| OK.to_owned())
}

fn start_word(result: Result<StartAnswer>) -> String {
    match result {
        Ok(StartAnswer::Refused(refusal)) => refusal_word(refusal),
        other => word(other),
    }
}

fn stop_word(result: Result<StopAnswer>) -> String {
    match result {
        Ok(StopAnswer::Refused(refusal)) => refusal_word(refusal),
        Ok(StopAnswer::NotStarted) => "not_started".into(),
        other => word(other),
    }
}

fn refusal_word(refusal: Refusal) -> String {
    assert!(!refusal.text.is_empty() && refusal.text.chars().count() <= 500, "{refusal:?}");
    let word = refusal.reason.as_str().to_owned();
    let error = Error::from(refusal);
    assert!(error.to_string().len() < 1500, "{error}");
    word
}

/// A node that is down has a name and a status and nothing else.
#[test]
fn a_node_that_is_down_is_listed_as_stopped() {
    let recording = recordings(|name| name.contains("12_node_down") || name.contains("01_02"));
    let views = recording.iter().find(|r| r.name.contains("12_node_down")).unwrap();
    let mut stopped = 0;
    for row in views.rows.iter().filter(|row| row["request"]["path"] == "/api/v5/nodes") {
        let response = response(&row["response"]["status"], &row["response"]["body"]).unwrap();
        let list = V5.parse_nodes(&response).unwrap();
        for load in list.nodes.iter().filter(|load| load.status == NodeStatus::Stopped) {
            assert_eq!((load.connections, load.sessions), (0, 0));
            assert_eq!(load.version, None);
            stopped += 1;
        }
    }
    assert!(stopped > 0);
}

#[test]
fn sessions_are_emqx_s_connections_and_connections_its_live_ones() {
    let found = recordings(|name| name.starts_with("03_requests"));
    let row = &found[0].rows[0];
    let response = response(&row["response"]["status"], &row["response"]["body"]).unwrap();
    let list = V5.parse_nodes(&response).unwrap();
    let load = &list.nodes[0];
    assert_eq!((load.connections, load.sessions, load.disconnected_sessions), (300, 360, 60));
    assert_eq!(load.version.as_deref(), Some("5.3.2"));
}

#[test]
fn a_donor_reports_its_own_part() {
    let found = recordings(|name| name.starts_with("03_requests"));
    let rows = found.iter().flat_map(|recording| &recording.rows);
    let donors =
        rows.filter(|row| row["response"]["body"]["process"] == "rebalance").filter(|row| {
            let response = response(&row["response"]["status"], &row["response"]["body"]).unwrap();
            matches!(V5.parse_status(&response).unwrap(), LocalStatus::Rebalance(_))
        });
    assert!(donors.count() > 0);
}

#[test]
fn cores_and_replicants_are_told_apart() {
    let found = recordings(|name| name.starts_with("01_02") || name == "nodes_core_replicant.json");
    let nodes = found.iter().find(|recording| recording.name.ends_with("replicant.json")).unwrap();
    let list = V5.parse_nodes(&response(&200.into(), &nodes.rows.clone().into()).unwrap()).unwrap();
    assert_eq!(list.unreadable, []);
    let cores = list.nodes.iter().filter(|load| load.role == Some(Role::Core)).count();
    let counts: Vec<u64> = list.nodes.iter().map(|load| load.connections).collect();
    assert_eq!((cores, counts), (3, vec![133, 83, 33, 70, 71]));
}
